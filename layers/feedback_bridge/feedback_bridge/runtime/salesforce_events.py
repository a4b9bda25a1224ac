"""For whoever acts on a `salesforce_event`: the record as it is now.

An outbound message arrives late, twice or out of order, and carries the record as it was when Salesforce sent it, which
is neither the moment of the trigger nor now. So its fields may decide what to look at, never what to do:

    for event, record in zip(events, records_now(events, ["Status", "Contact.Email", "Owner.Name"])):
        if record is None: ...        # deleted since, or not for us to see: there is nothing to act on
        elif record["Status"] == "Closed" and record["Contact"]: ...
"""

from collections.abc import Sequence

from feedback_bridge.feedback.model import Feedback, SalesforceRecord
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.runtime.orgs import org


def records_now(events: Sequence[Feedback], fields: Sequence[str]) -> list[Row | None]:
    """Of each event its record with these fields (dotted for parents, and then nested), in as few calls as fit.

    None where there is no such record any more. All of an org's objects must have all the fields. Raises
    TransientError, PermanentError for an org that is gone or keeps us out, and Refused for a field that is not there.
    """
    records = [_record(event) for event in events]
    found: dict[int, Row | None] = {}
    for org_id in dict.fromkeys(record.org for record in records):
        places = [place for place, record in enumerate(records) if record.org == org_id]
        asked = [
            RecordQuery(records[place].object, (("Id", records[place].record_id),), select=tuple(fields))
            for place in places
        ]
        for place, rows in zip(places, org(org_id).find(asked), strict=True):
            found[place] = rows[0] if rows else None
    return [found[place] for place in range(len(records))]


def _record(event: Feedback) -> SalesforceRecord:
    if event.salesforce is None:
        raise ValueError("only a salesforce_event is about a record")
    return event.salesforce
