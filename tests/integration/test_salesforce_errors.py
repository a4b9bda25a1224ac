"""Every row of the table of errors, met over HTTPS through the org's faults on demand.

The messages are Salesforce's own, as recorded or documented, with a customer's words where it repeats them. What the
org refuses for a reason of its own is in test_salesforce_refusals.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.errors import RULES, UNKNOWN, rule_for
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_workers import Memory, response, worker

RETRY, SLOW_DOWN, PARK, LOG_IN = Meaning.RETRY, Meaning.SLOW_DOWN, Meaning.PARK, Meaning.LOG_IN
DONE, RECORD, MAPPING = Meaning.DONE, Meaning.RECORD, Meaning.MAPPING
SECRET = "花子の秘密"
TRIGGER = "ContactTrigger: execution of BeforeUpdate\n\ncaused by: "


@dataclass(frozen=True)
class Case:
    """`where` the error stands: in a row of an answer, or in the refusal of a whole request with that status."""

    code: str
    meaning: Meaning
    message: str
    where: str = "row"
    status: int = 400


CASES = [
    Case("UNABLE_TO_LOCK_ROW", RETRY, "unable to obtain exclusive access to this record"),
    Case("UNKNOWN_EXCEPTION", RETRY, "An unexpected error occurred. Please include this ErrorId"),
    Case("SERVER_UNAVAILABLE", RETRY, "The server is temporarily unavailable"),
    Case("REQUEST_RUNNING_TOO_LONG", RETRY, "Your request was running for too long, and has been stopped."),
    Case("TOO_MANY_APEX_REQUESTS", RETRY, "Too many Apex requests"),
    Case("ENTITY_IS_LOCKED", RETRY, "the entity is locked for editing"),
    Case("ALREADY_IN_PROCESS", RETRY, "This record is currently in an approval process."),
    Case("RECORD_IN_USE_BY_WORKFLOW", RETRY, "The record you are attempting to edit is in use by a workflow"),
    Case("TERRITORY_REALIGN_IN_PROGRESS", RETRY, "Territory realignment is in progress"),
    Case("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", RETRY, "Updates can’t be made during maintenance."),
    Case("INVALID_READ_ONLY_USER_DML", RETRY, "Read-only mode"),
    Case("ALL_OR_NONE_OPERATION_ROLLED_BACK", RETRY, "Record rolled back because not all records were valid"),
    Case("PROCESSING_HALTED", RETRY, "The transaction was rolled back since another operation failed."),
    Case("TXN_SECURITY_METERING_ERROR", RETRY, "Enabled transaction security policies took too long to complete."),
    Case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RETRY, f"{TRIGGER}System.DmlException: UNABLE_TO_LOCK_ROW, unable to"),
    Case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RETRY, f"{TRIGGER}System.LimitException: Apex CPU time limit"),
    Case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RETRY, f"{TRIGGER}Too many SOQL queries: 101"),
    Case("CANNOT_EXECUTE_FLOW_TRIGGER", RETRY, "We can't save this record: UNABLE_TO_LOCK_ROW: unable to obtain"),
    Case("CANNOT_EXECUTE_FLOW_TRIGGER", RETRY, "We can't save this record: Too many SOQL queries: 101"),
    Case("DUPLICATE_VALUE", RETRY, "duplicate value found: Response_Id__c duplicates value on a"),
    Case("DUPLICATE_VALUE", RETRY, "duplicate value found: <unknown> duplicates value on record with id: <unknown>"),
    Case("DUPLICATE_VALUE", RETRY, f"Duplicate external id specified: {SECRET}"),
    Case("DUPLICATE_VALUE", RETRY, "Duplicate id in list: 0035g00000ABCDeAAP"),
    Case("QUERY_TIMEOUT", RETRY, "Your query request was running for too long.", "find"),
    Case("INVALID_QUERY_LOCATOR", RETRY, "invalid query locator", "find"),
    Case("INTERNALSERVERERROR", RETRY, "Internal server error", "job"),
    Case("TIMEOUT", RETRY, "Timeout", "job"),
    Case("TOOMANYLOCKFAILURE", RETRY, "Too many lock failures", "job"),
    Case("INVALIDJOBSTATE", RETRY, "Invalid job state", "job"),
    Case("REQUEST_LIMIT_EXCEEDED", SLOW_DOWN, "ConcurrentPerOrgLongTxn Limit exceeded.", "request", 403),
    Case("REQUEST_LIMIT_EXCEEDED", SLOW_DOWN, "ConcurrentRequests Limit exceeded.", "request", 403),
    Case("REQUEST_LIMIT_EXCEEDED", PARK, "TotalRequests Limit exceeded.", "request", 403),
    Case("EXCEEDEDQUOTA", PARK, "ExceededQuota : Exceeded the daily quota", "job"),
    Case("STORAGE_LIMIT_EXCEEDED", PARK, "storage limit exceeded"),
    Case("INVALID_SESSION_ID", LOG_IN, "Session expired or invalid", "request", 401),
    Case("INVALID_AUTH_HEADER", LOG_IN, "INVALID_HEADER_TYPE", "request", 401),
    Case("INVALID_SESSION_ID", MAPPING, "This session is not valid for use with the REST API", "request", 401),
    Case("DUPLICATE_VALUE", DONE, "Already a campaign member."),
    Case("ENTITY_IS_DELETED", DONE, "entity is deleted", "delete"),
    Case("NOT_FOUND", DONE, "The requested resource does not exist", "delete"),
    Case("INVALID_CROSS_REFERENCE_KEY", DONE, "invalid cross reference id", "delete"),
    Case("DUPLICATES_DETECTED", Meaning.DUPLICATE_RULE, "Use one of these records?"),
    Case("CANNOT_UPDATE_CONVERTED_LEAD", Meaning.CONVERTED, "cannot reference converted lead"),
    Case("INVALID_FIELD", MAPPING, "No such column 'Gone__c' on sobject of type Contact"),
    Case("INVALID_FIELD", RECORD, f"Failed to deserialize field at col 3. Due to, '{SECRET}' is not a valid value"),
    Case("INVALID_FIELD_FOR_INSERT_UPDATE", MAPPING, "Unable to create/update fields: NPS_Score__c. Please check"),
    Case("INVALID_TYPE", MAPPING, "sObject type 'Gone__c' is not supported."),
    Case("INVALID_TYPE_FOR_OPERATION", MAPPING, "entity type cannot be updated: Campaign Member"),
    Case("INVALIDENTITY", MAPPING, "Entity 'Gone__c' is not supported by the Bulk API.", "job"),
    Case("INVALIDJOB", MAPPING, "InvalidJob : Unable to find object: Gone__c", "job"),
    Case("FEATURENOTENABLED", MAPPING, "Bulk API is not enabled", "job"),
    Case("NOT_FOUND", MAPPING, "Provided external ID field does not exist or is not accessible: K__c", "request", 404),
    Case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", MAPPING, "entity type cannot be inserted: Campaign Member"),
    Case("INSUFFICIENT_ACCESS", MAPPING, "INSUFFICIENT_ACCESS"),
    Case("FORBIDDEN", MAPPING, "You don't have access", "request", 403),
    Case("API_DISABLED_FOR_ORG", MAPPING, "The REST API is not enabled for this Organization.", "request", 403),
    Case("API_CURRENTLY_DISABLED", MAPPING, "API is currently disabled for this user", "request", 403),
    Case("FUNCTIONALITY_NOT_ENABLED", MAPPING, "Feature is not enabled", "request", 403),
    Case("UNSUPPORTED_API_VERSION", MAPPING, "API version 21.0 is retired.", "request", 410),
    Case("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", MAPPING, "The users password has expired", "request", 403),
    Case("NOT_FOUND", RECORD, "The requested resource does not exist"),
    Case("ENTITY_IS_DELETED", RECORD, "entity is deleted"),
    Case("ENTITY_IS_ARCHIVED", RECORD, "entity is archived"),
    Case("INSUFFICIENT_ACCESS_OR_READONLY", RECORD, "insufficient access rights on object id"),
    Case("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", RECORD, "insufficient access rights on cross-reference id"),
    Case("INVALID_CROSS_REFERENCE_KEY", RECORD, "invalid cross reference id"),
    Case("INVALID_CROSS_REFERENCE_KEY", RECORD, "Record Type ID: this ID value isn't valid for the user"),
    Case("INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD", RECORD, "invalid cross reference type specified for field"),
    Case("INVALID_TYPE_ON_FIELD_IN_RECORD", RECORD, f"Opt Out: value not of required type: {SECRET}"),
    Case("BAD_CUSTOM_ENTITY_PARENT_DOMAIN", RECORD, "The parent is of the wrong object"),
    Case("INACTIVE_OWNER_OR_USER", RECORD, "operation performed with inactive user"),
    Case("OP_WITH_INVALID_USER_TYPE_EXCEPTION", RECORD, "Operation not valid for this user type"),
    Case("TRANSFER_REQUIRES_READ", RECORD, "The new owner must have read permission"),
    Case("REQUIRED_FIELD_MISSING", RECORD, "Required fields are missing: [LastName]"),
    Case("FIELD_CUSTOM_VALIDATION_EXCEPTION", RECORD, "点数には理由が必要です"),
    Case("FIELD_INTEGRITY_EXCEPTION", RECORD, f"There's a problem with this state, {SECRET}"),
    Case("FIELD_FILTER_VALIDATION_EXCEPTION", RECORD, "Value does not exist or does not match filter criteria."),
    Case("INVALID_EMAIL_ADDRESS", RECORD, f"Email: invalid email address: {SECRET}@"),
    Case("STRING_TOO_LONG", RECORD, f"Title: data value too large: {SECRET} (max length=4)"),
    Case("TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET", RECORD, f"{SECRET}"),
    Case("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", RECORD, f"Band: bad value for restricted picklist field: {SECRET}"),
    Case("TOO_MANY_ENUM_VALUE", RECORD, "Too many values"),
    Case("INVALID_STATUS", RECORD, "invalid status"),
    Case("INVALID_CURRENCY_ISO", RECORD, f"Invalid currency: {SECRET}"),
    Case("NUMBER_OUTSIDE_VALID_RANGE", RECORD, "Score: value outside of valid range on numeric field: 1431655766"),
    Case("JSON_PARSER_ERROR", RECORD, f"Cannot deserialize instance of double from VALUE_STRING value {SECRET}"),
    Case("MALFORMED_ID", RECORD, f"Record ID: id value of incorrect type: {SECRET}"),
    Case("INVALID_ID_FIELD", RECORD, f"{SECRET}"),
    Case("INVALID_QUERY_FILTER_OPERATOR", RECORD, f"invalid ID field: {SECRET}", "find"),
    Case("DUPLICATE_VALUE", RECORD, "duplicate value found: Code__c duplicates value on record"),
    Case("DUPLICATE_EXTERNAL_ID", RECORD, "Key: more than one record found for external id field"),
    Case("MISSING_ARGUMENT", RECORD, "Id not specified in an update call"),
    Case("DELETE_FAILED", RECORD, "Your attempt to delete could not be completed because of cases", "delete"),
    Case("DEPENDENCY_EXISTS", RECORD, "dependency exists", "delete"),
    Case("CIRCULAR_DEPENDENCY", RECORD, "attempt to violate hierarchy constraints"),
    Case("CANNOT_REPARENT_RECORD", RECORD, "cannot reparent record"),
    Case("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", RECORD, f"{TRIGGER}System.NullPointerException: {SECRET}"),
    Case("CANNOT_EXECUTE_FLOW_TRIGGER", RECORD, f"We can't save this record because the process failed: {SECRET}"),
    Case("APEX_ERROR", RECORD, f"System.NullPointerException: {SECRET}"),
    Case("LIMIT_EXCEEDED", RECORD, "limit exceeded"),
    Case("INVALID_BATCH_OPERATION", RECORD, "Cannot have more than 10 chunks in a single operation.", "request"),
    Case("EXCEEDED_ID_LIMIT", RECORD, "record limit reached. cannot submit more than 200 records", "request"),
    Case("OPERATION_TOO_LARGE", RECORD, "exceeded 100000 distinct who/what's", "find"),
    Case("QUERY_TOO_COMPLICATED", RECORD, "Query is either selecting too many fields", "find"),
    Case("MALFORMED_QUERY", RECORD, f"unexpected token: {SECRET}", "find"),
    Case("A_CODE_OF_NEXT_YEAR", RECORD, f"Something new about {SECRET}"),
    Case("A_CODE_OF_NEXT_YEAR", RECORD, f"Something new about {SECRET}", "request", 403),
]  # fmt: skip


@pytest.fixture(scope="module")
def simulator(_salesforce: RunningOrg) -> RunningOrg:
    return _salesforce


@pytest.fixture(scope="module")
def shared(simulator: RunningOrg) -> Iterator[Memory]:
    """One login for the injected errors, and one org: nothing of it is changed by them."""
    simulator.control("POST", "/reset", {"seed": True})
    simulator.control("POST", "/objects/Survey_Response__c/records", [{"Response_Id__c": "to be deleted"}])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", simulator.ca_file)
        yield Memory()


def provoked(salesforce: RunningOrg, org: Org, case: Case) -> Refusal:
    """The refusal of a record while the org answers with that error."""
    told = {"code": case.code, "message": case.message, "status": case.status}
    faults: dict[str, Any] = {
        "row": {"effect": {"row_code": case.code, "row_message": case.message}},
        "delete": {"effect": {"row_code": case.code, "row_message": case.message}},
        "request": {"match": {"path": "composite/sobjects"}, "effect": told},
        "find": {"match": {"path": "composite$"}, "effect": told},
        "job": {"match": {"path": "jobs/ingest$"}, "effect": told},
    }
    salesforce.control("POST", "/faults", faults[case.where])
    try:
        if case.where == "find":
            with pytest.raises(Refused) as raised:
                org.find([RecordQuery("Contact", (("LastName", SECRET),))])
            return raised.value.refusal
        if case.where == "job":
            outcomes = [outcome for _, outcome in org.bulk_write(response(number) for number in range(201))]
        elif case.where == "delete":
            record_id = salesforce.records("Survey_Response__c")[0]["Id"]
            outcomes = org.write([Write("Survey_Response__c", "delete", record_id=record_id)])
        else:
            outcomes = org.write([response(1, Comment__c=SECRET)])
    finally:
        salesforce.control("DELETE", "/faults")
    assert len(set(outcomes)) == 1
    outcome = outcomes[0]
    assert isinstance(outcome, Refusal)
    return outcome


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code}-{case.meaning.name}")
def test_an_error_of_salesforce_is_understood_and_no_value_of_it_is_told(
    simulator: RunningOrg, shared: Memory, case: Case
) -> None:
    shared.items.pop("usage", None)
    refusal = provoked(simulator, worker(simulator, shared, daily_calls={"reserve_for_others": 0}), case)
    assert refusal.code == case.code
    assert refusal.meaning is case.meaning
    assert not refusal.unknown
    assert refusal.reason.startswith(case.code)
    assert SECRET not in repr(refusal)


def test_every_row_of_the_table_is_met_by_one_of_these_cases() -> None:
    """`BULK_UNPROCESSED` is a word of ours, met in test_salesforce_bulk.py."""
    met = {
        rule_for(
            case.code,
            case.message,
            key="Response_Id__c",
            deleting=case.where == "delete",
            whole=case.where in ("request", "find", "job"),
        )
        for case in CASES
    }
    assert met == {*RULES, UNKNOWN} - {rule_for("BULK_UNPROCESSED")}


def test_every_advice_is_a_sentence() -> None:
    for rule in RULES:
        assert rule.advice[0].isupper(), rule
        assert rule.advice.endswith("."), rule
        assert len(rule.advice.split()) > 3, rule
