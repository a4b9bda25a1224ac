"""Salesforce's error codes: what each means for a record that was to be written. The one table of its kind.

Sources: Salesforce's REST, SOAP and Bulk API guides (status codes, exception codes), and recorded answers. A code that
is not here is permanent for its record, and is shown as it is. `docs/salesforce-errors.md` is written from this table.
"""

from collections import defaultdict
from dataclasses import dataclass

from feedback_bridge.delivery.outcome import Meaning


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. It applies to its code, where the message contains `says`, if that is given.

    In `says`, `{key}` stands for the External Id that a record was upserted by. `deleting`: only for a record that was
    to be deleted. `whole`: only where the request was refused, not a record of it. `advice` is for the admin, and holds
    no value of anybody's.
    """

    code: str
    meaning: Meaning
    advice: str
    says: str = ""
    deleting: bool = False
    whole: bool = False


_RETRY, _SLOW, _PARK, _LOG_IN = Meaning.RETRY, Meaning.SLOW_DOWN, Meaning.PARK, Meaning.LOG_IN
_DONE, _RECORD, _MAPPING = Meaning.DONE, Meaning.RECORD, Meaning.MAPPING

_AGAIN = "Salesforce could not do it at this moment. It is tried again by itself."
_BUSY = "A trigger or flow of the org ran into a lock or a limit. It is tried again by itself, with fewer records."
_GONE = "The record was deleted already."
_TWICE = "The record was in one request twice. It is tried again by itself."
_OFF = "The org or the profile of the integration user does not allow API access: allow it (API Enabled)."
_MISTYPED = "A Salesforce id in the feedback is mistyped, or belongs to another kind of record."

RULES: tuple[Rule, ...] = (
    # Nothing is wrong with the record: soon again.
    Rule("UNABLE_TO_LOCK_ROW", _RETRY, "Another process held the record or its parent. It is tried again by itself."),
    Rule("SERVER_UNAVAILABLE", _RETRY, _AGAIN),
    Rule("UNKNOWN_EXCEPTION", _RETRY, _AGAIN),
    Rule("INTERNALSERVERERROR", _RETRY, _AGAIN),
    Rule("QUERY_TIMEOUT", _RETRY, "The search took too long: an index on the field that records are matched by helps."),
    Rule("REQUEST_RUNNING_TOO_LONG", _RETRY, "The org took too long, often for a slow trigger or flow."),
    Rule("TIMEOUT", _RETRY, "The org took too long, often for a slow trigger or flow."),
    Rule("TOO_MANY_APEX_REQUESTS", _RETRY, _AGAIN),
    Rule("TOOMANYLOCKFAILURE", _RETRY, "Other processes held too many of the records. It is tried again by itself."),
    Rule("ALREADY_IN_PROCESS", _RETRY, "The record is in an approval: it is tried again until that has ended."),
    Rule("ENTITY_IS_LOCKED", _RETRY, "The record is locked, mostly by an approval: it is tried again until that ends."),
    Rule(
        "RECORD_IN_USE_BY_WORKFLOW", _RETRY, "A workflow of the org is using the record. It is tried again by itself."
    ),
    Rule(
        "TERRITORY_REALIGN_IN_PROGRESS", _RETRY, "The org is realigning its territories. It is tried again by itself."
    ),
    Rule("INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", _RETRY, "The org is under maintenance."),
    Rule("INVALID_READ_ONLY_USER_DML", _RETRY, "The org is read-only, for a maintenance perhaps. It is tried again."),
    Rule("ALL_OR_NONE_OPERATION_ROLLED_BACK", _RETRY, "Another record of the same request failed. It is tried again."),
    Rule("PROCESSING_HALTED", _RETRY, "Another part of the same request failed. It is tried again by itself."),
    Rule("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", _RETRY, _BUSY, says="UNABLE_TO_LOCK_ROW"),
    Rule("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", _RETRY, _BUSY, says="LimitException"),
    Rule("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", _RETRY, _BUSY, says="Too many SOQL"),
    Rule("CANNOT_EXECUTE_FLOW_TRIGGER", _RETRY, _BUSY, says="UNABLE_TO_LOCK_ROW"),
    Rule("CANNOT_EXECUTE_FLOW_TRIGGER", _RETRY, _BUSY, says="Too many SOQL"),
    Rule("INVALID_QUERY_LOCATOR", _RETRY, "Salesforce dropped the rest of a long answer. It is asked again."),
    Rule("INVALIDJOBSTATE", _RETRY, "Salesforce ended the bulk job by itself. It is sent again."),
    Rule("BULK_UNPROCESSED", _RETRY, "Salesforce ended the bulk job before this record. It is sent again."),
    Rule(
        "TXN_SECURITY_METERING_ERROR",
        _RETRY,
        "Transaction security policies of the org take too long. It is tried again; giving the integration user the "
        "permission Exempt from Transaction Security ends it.",
    ),
    Rule(
        "DUPLICATE_VALUE",
        _RETRY,
        "Another worker was creating the same record. It is tried again by itself.",
        says="duplicate value found: {key} duplicates",
    ),
    Rule(
        "DUPLICATE_VALUE",
        _RETRY,
        "Somebody was creating a record with the same unique value. It is tried again by itself.",
        says="duplicate value found: <unknown>",
    ),
    Rule("DUPLICATE_VALUE", _RETRY, _TWICE, says="Duplicate external id specified"),
    Rule("DUPLICATE_VALUE", _RETRY, _TWICE, says="Duplicate id in list"),
    # The org's limits.
    Rule(
        "REQUEST_LIMIT_EXCEEDED",
        _SLOW,
        "Too many long requests ran in the org at once. It is tried again after a while.",
        says="Concurrent",
    ),
    Rule("REQUEST_LIMIT_EXCEEDED", _PARK, "The org's API calls of the last 24 hours are used up. It waits for more."),
    Rule("EXCEEDEDQUOTA", _PARK, "The org's Bulk API allowance of the last 24 hours is used up. It waits for more."),
    Rule("STORAGE_LIMIT_EXCEEDED", _PARK, "The org has no storage left: free some, and it goes on by itself."),
    # The session.
    Rule("INVALID_SESSION_ID", _LOG_IN, "The session had expired; a new one was asked for.", says="expired or invalid"),
    Rule("INVALID_AUTH_HEADER", _LOG_IN, "Salesforce did not take the token; a new one was asked for."),
    Rule(
        "INVALID_SESSION_ID",
        _MAPPING,
        "The org does not let the integration user's sessions use the API: look at the IP restrictions of the "
        "connected app and at the session security level that the user's profile requires.",
    ),
    # Wanted, and already so.
    Rule("DUPLICATE_VALUE", _DONE, "It is a member of the campaign already.", says="Already a campaign member"),
    Rule("ENTITY_IS_DELETED", _DONE, _GONE, deleting=True),
    Rule("NOT_FOUND", _DONE, _GONE, deleting=True),
    Rule("INVALID_CROSS_REFERENCE_KEY", _DONE, _GONE, deleting=True),
    # The mapping's policies.
    Rule(
        "DUPLICATES_DETECTED",
        Meaning.DUPLICATE_RULE,
        "A duplicate rule of the org found a match. The mapping's `duplicates` says what to do then.",
    ),
    Rule("CANNOT_UPDATE_CONVERTED_LEAD", Meaning.CONVERTED, "The lead has been converted to a contact."),
    # The mapping, or what the integration user may do, no longer fits the org.
    Rule("INVALID_FIELD", _RECORD, "The value is not of the field's type.", says="Failed to deserialize field"),
    Rule(
        "INVALID_FIELD", _MAPPING, "A field of the mapping is missing in the org or hidden from the integration user."
    ),
    Rule(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        _MAPPING,
        "The integration user may not write the field: check the field-level security of its permission set.",
    ),
    Rule("INVALID_TYPE", _MAPPING, "The object is missing in the org or hidden from the integration user."),
    Rule("INVALIDENTITY", _MAPPING, "The object is missing in the org, or cannot be written in bulk."),
    Rule("INVALIDJOB", _MAPPING, "The object or its External Id is missing in the org or hidden from the user."),
    Rule("INVALID_TYPE_FOR_OPERATION", _MAPPING, "Records of this object cannot be written in this way."),
    Rule("NOT_FOUND", _MAPPING, "The object or its External Id is missing in the org or hidden from us.", whole=True),
    Rule(
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        _MAPPING,
        "The integration user may not create records of this object (for campaigns: the Marketing User licence).",
        says="entity type cannot be inserted",
    ),
    Rule("INSUFFICIENT_ACCESS", _MAPPING, "The integration user lacks a permission on the object."),
    Rule("FORBIDDEN", _MAPPING, "The integration user lacks a permission for this request."),
    Rule("API_DISABLED_FOR_ORG", _MAPPING, _OFF),
    Rule("API_CURRENTLY_DISABLED", _MAPPING, _OFF),
    Rule("FEATURENOTENABLED", _MAPPING, "The org's edition has no Bulk API, or the user may not use it."),
    Rule("FUNCTIONALITY_NOT_ENABLED", _MAPPING, "The org has this feature switched off."),
    Rule("UNSUPPORTED_API_VERSION", _MAPPING, "Salesforce has retired the org document's api_version: raise it."),
    Rule(
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        _MAPPING,
        "The integration user's password has expired: set a new one, or let it never expire.",
    ),
    # This record, until somebody changes something.
    Rule("NOT_FOUND", _RECORD, "The record does not exist, or the integration user may not see it."),
    Rule("ENTITY_IS_DELETED", _RECORD, "The record is in the recycle bin: restore it, or map to another one."),
    Rule("ENTITY_IS_ARCHIVED", _RECORD, "The record is archived and can no longer be changed."),
    Rule(
        "INSUFFICIENT_ACCESS_OR_READONLY",
        _RECORD,
        "The integration user may not change this record: check its sharing and the user's permission on the object.",
    ),
    Rule(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        _RECORD,
        "The integration user may not use the related record, or it does not exist.",
    ),
    Rule(
        "INVALID_CROSS_REFERENCE_KEY",
        _RECORD,
        "The integration user's profile may not use this record type.",
        says="Record Type",
    ),
    Rule("INVALID_CROSS_REFERENCE_KEY", _RECORD, "The record or a related one does not exist any more."),
    Rule("INVALID_CROSS_REFERENCE_TYPE_FOR_FIELD", _RECORD, "The related record is of another object than the field."),
    Rule("INVALID_TYPE_ON_FIELD_IN_RECORD", _RECORD, "The value is not of the field's type."),
    Rule("BAD_CUSTOM_ENTITY_PARENT_DOMAIN", _RECORD, "The parent record is of the wrong object."),
    Rule("INACTIVE_OWNER_OR_USER", _RECORD, "The owner of the record is an inactive user: give it another one."),
    Rule("OP_WITH_INVALID_USER_TYPE_EXCEPTION", _RECORD, "A user of this kind cannot own such a record."),
    Rule("TRANSFER_REQUIRES_READ", _RECORD, "The new owner may not read such records: check the owner's profile."),
    Rule("REQUIRED_FIELD_MISSING", _RECORD, "Map the field, or give it a default in Salesforce."),
    Rule("FIELD_CUSTOM_VALIDATION_EXCEPTION", _RECORD, "A validation rule of the org refused it."),
    Rule("FIELD_INTEGRITY_EXCEPTION", _RECORD, "The value does not fit its field, or another field of the record."),
    Rule("FIELD_FILTER_VALIDATION_EXCEPTION", _RECORD, "The field's lookup filter refused the related record."),
    Rule("INVALID_EMAIL_ADDRESS", _RECORD, "Salesforce does not take the e-mail address."),
    Rule("STRING_TOO_LONG", _RECORD, "The text is longer than the field: use `too_long: truncate`."),
    Rule("TEXT_DATA_OUTSIDE_SUPPORTED_CHARSET", _RECORD, "The text has characters that the org cannot keep."),
    Rule(
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        _RECORD,
        "The picklist has no such value: add it in Salesforce or translate it with `map`.",
    ),
    Rule("TOO_MANY_ENUM_VALUE", _RECORD, "Too many values for a multi-select picklist."),
    Rule("INVALID_STATUS", _RECORD, "The record cannot go to this status from the one it has."),
    Rule("INVALID_CURRENCY_ISO", _RECORD, "The org does not use this currency: add it, or map another one."),
    Rule("NUMBER_OUTSIDE_VALID_RANGE", _RECORD, "The number has more digits than the field."),
    Rule("JSON_PARSER_ERROR", _RECORD, "The value is not of the field's type."),
    Rule("MALFORMED_ID", _RECORD, _MISTYPED),
    Rule("INVALID_ID_FIELD", _RECORD, _MISTYPED),
    Rule(
        "INVALID_QUERY_FILTER_OPERATOR",
        _RECORD,
        "The value cannot be searched for in this field; an id may be mistyped.",
    ),
    Rule("DUPLICATE_VALUE", _RECORD, "Another record has the same value in a unique field."),
    Rule("DUPLICATE_EXTERNAL_ID", _RECORD, "Several records have this External Id: make the field unique."),
    Rule("MISSING_ARGUMENT", _RECORD, "Salesforce was not told which record to change."),
    Rule("DELETE_FAILED", _RECORD, "Other records depend on this one: delete or move them first."),
    Rule("DEPENDENCY_EXISTS", _RECORD, "Other records depend on this one: delete or move them first."),
    Rule("CIRCULAR_DEPENDENCY", _RECORD, "The record would be its own parent."),
    Rule("CANNOT_REPARENT_RECORD", _RECORD, "The org does not let the record move to another parent."),
    Rule("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", _RECORD, "A trigger of the org failed on it: ask who wrote it."),
    Rule("CANNOT_EXECUTE_FLOW_TRIGGER", _RECORD, "A flow of the org failed on it: ask who built it."),
    Rule("APEX_ERROR", _RECORD, "Apex code of the org failed on it: ask who wrote it."),
    Rule("LIMIT_EXCEEDED", _RECORD, "A limit of the org for such records is reached."),
    # The request, which is halved until one of its records is alone.
    Rule("INVALID_BATCH_OPERATION", _RECORD, "Salesforce did not take this record together with others."),
    Rule("EXCEEDED_ID_LIMIT", _RECORD, "Salesforce did not take so many records at once."),
    Rule("OPERATION_TOO_LARGE", _RECORD, "The search touches more records than the integration user may read at once."),
    Rule("QUERY_TOO_COMPLICATED", _RECORD, "The search has too many conditions, some through formula fields."),
    Rule("MALFORMED_QUERY", _RECORD, "Salesforce did not understand the search."),
)

UNKNOWN = Rule("", Meaning.RECORD, "Salesforce refused it, with a code that we do not know.")

_BY_CODE: defaultdict[str, list[Rule]] = defaultdict(list)
for _rule in RULES:
    _BY_CODE[_rule.code].append(_rule)


def rule_for(
    code: str, message: str = "", *, key: str | None = None, deleting: bool = False, whole: bool = False
) -> Rule:
    """The first row that applies. `UNKNOWN` for a code that the table does not have."""
    for rule in _BY_CODE.get(code, ()):
        says = rule.says.replace("{key}", key or "{key}")
        if says in message and (deleting or not rule.deleting) and (whole or not rule.whole):
            return rule
    return UNKNOWN
