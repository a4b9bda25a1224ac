// Drives an org with jsforce as an integration would, and prints what came of it as one JSON document.
// Usage: node drive.mjs URL CLIENT_ID CLIENT_SECRET; the org's authority comes in NODE_EXTRA_CA_CERTS.
import jsforce from 'jsforce';

const [url, clientId, clientSecret] = process.argv.slice(2);
const connection = new jsforce.Connection({
  instanceUrl: url,
  version: '62.0',
  oauth2: { clientId, clientSecret, loginUrl: url },
});

const out = {};

await connection.authorize({ grant_type: 'client_credentials' });
const contacts = connection.sobject('Contact');
const responses = connection.sobject('Survey_Response__c');

const described = await contacts.describe();
out.describe = { fields: described.fields.length, label: described.label };
out.objects = (await connection.describeGlobal()).sobjects.map((each) => each.name);

const one = await contacts.create({ LastName: '佐藤', FirstName: '花子', Email: 'hanako@example.jp' });
out.create = one;
out.retrieve = await contacts.retrieve(one.id);
out.update = await contacts.update({ Id: one.id, Title: '部長' });

// More than one record goes through collections, with a result for each.
out.several = await contacts.create(
  [{ LastName: '田中' }, { FirstName: 'no last name' }, { LastName: '鈴木', Email: 'bad' }],
  { allOrNone: false },
);
out.upsert = await responses.upsert(
  [{ Response_Id__c: 'a', NPS_Score__c: 9 }, { Response_Id__c: 'b', NPS_Score__c: 3 }],
  'Response_Id__c',
);
out.upsertAgain = await responses.upsert({ Response_Id__c: 'a', NPS_Score__c: 2 }, 'Response_Id__c');

out.found = await contacts
  .find({ Email: { $like: '%@example.jp' }, CreatedDate: jsforce.Date.TODAY }, ['Id', 'Name', 'Account.Name'])
  .sort({ LastName: 1 })
  .limit(5)
  .execute();
out.count = await contacts.count({ LastName: { $in: ['佐藤', '田中'] } });

try {
  await contacts.create({ LastName: '佐藤', Nope__c: 1 });
} catch (error) {
  out.refused = { errorCode: error.errorCode, message: error.message };
}
try {
  await connection.query('SELECT Nope__c FROM Contact');
} catch (error) {
  out.badQuery = { errorCode: error.errorCode };
}

out.composite = await connection.requestPost('/services/data/v62.0/composite', {
  compositeRequest: [
    { method: 'POST', url: '/services/data/v62.0/sobjects/Account', referenceId: 'a', body: { Name: 'さくら商事' } },
    { method: 'PATCH', url: `/services/data/v62.0/sobjects/Contact/${one.id}`, referenceId: 'c', body: { AccountId: '@{a.id}' } },
  ],
});

connection.bulk2.pollInterval = 50;
connection.bulk2.pollTimeout = 20000;
out.bulk = await connection.bulk2.loadAndWaitForResults({
  object: 'Survey_Response__c',
  operation: 'upsert',
  externalIdFieldName: 'Response_Id__c',
  input: [
    { Response_Id__c: 'b', NPS_Score__c: '10', Comment__c: 'とても"良い", また来ます' },
    { Response_Id__c: 'c', NPS_Score__c: 'eleven' },
    { Response_Id__c: 'd', NPS_Score__c: '7' },
  ],
});
const stream = await connection.bulk2.query('SELECT Response_Id__c, Comment__c FROM Survey_Response__c ORDER BY Response_Id__c');
out.bulkQuery = await stream.toArray();

out.paged = await connection.query('SELECT Id FROM Survey_Response__c', { autoFetch: true, maxFetch: 100 });
out.deleted = await contacts.destroy([one.id]);
out.limits = connection.limitInfo;

console.log(JSON.stringify(out));
