"""Salesforce's error codes: what each means for a record that was to be written. The one table of its kind.

Sources: Salesforce's REST and SOAP API documentation of status codes, and recorded answers. A code that is not here is
permanent for its record, and its own words are shown.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback_bridge.delivery.outcome import Meaning, Refusal


@dataclass(frozen=True, slots=True)
class Rule:
    """`advice` completes Salesforce's own message in words an admin can act on."""

    meaning: Meaning
    advice: str


_RETRY = Rule(Meaning.RETRY, "Salesforce could not do it at this moment. It is tried again.")

RULES: Mapping[str, Rule] = {
    # Soon again: nothing is wrong with the record.
    "UNABLE_TO_LOCK_ROW": Rule(Meaning.RETRY, "Another process held the record or its parent. It is tried again."),
    "SERVER_UNAVAILABLE": _RETRY,
    "UNKNOWN_EXCEPTION": _RETRY,
    "QUERY_TIMEOUT": _RETRY,
    "REQUEST_RUNNING_TOO_LONG": _RETRY,
    "TOO_MANY_APEX_REQUESTS": _RETRY,
    "ENTITY_IS_LOCKED": Rule(Meaning.RETRY, "The record is locked, by an approval perhaps. It is tried again."),
    "RECORD_IN_USE_BY_WORKFLOW": _RETRY,
    "INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE": Rule(Meaning.RETRY, "The org is under maintenance."),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": _RETRY,
    "PROCESSING_HALTED": _RETRY,
    # The org's limits. REQUEST_LIMIT_EXCEEDED has two meanings: `refusal_of` tells them apart by its message.
    "REQUEST_LIMIT_EXCEEDED": Rule(
        Meaning.PARK, "The org's API calls of the last 24 hours are used up. It waits for more."
    ),
    "STORAGE_LIMIT_EXCEEDED": Rule(Meaning.PARK, "The org has no storage left: free some, and it goes on by itself."),
    "INVALID_SESSION_ID": Rule(Meaning.LOG_IN, "The session had expired."),
    # Wanted and already so.
    "ENTITY_IS_DELETED": Rule(
        Meaning.RECORD, "The record is in the recycle bin: restore it, or let the mapping find another."
    ),
    # Policies.
    "DUPLICATES_DETECTED": Rule(
        Meaning.DUPLICATE_RULE,
        "A duplicate rule of the org found a match. The mapping's `duplicates` says what to do then.",
    ),
    "CANNOT_UPDATE_CONVERTED_LEAD": Rule(Meaning.CONVERTED, "The lead has been converted to a contact."),
    # The mapping no longer fits the org.
    "INVALID_FIELD": Rule(
        Meaning.MAPPING, "A field of the mapping is missing in the org or hidden from the integration user."
    ),
    "INVALID_FIELD_FOR_INSERT_UPDATE": Rule(
        Meaning.MAPPING,
        "The integration user may not write the field: check the field-level security of its permission set.",
    ),
    "INVALID_TYPE": Rule(Meaning.MAPPING, "The object is missing in the org or hidden from the integration user."),
    "NOT_FOUND": Rule(Meaning.RECORD, "The object or record does not exist, or the integration user may not see it."),
    "INSUFFICIENT_ACCESS": Rule(Meaning.MAPPING, "The integration user lacks a permission on the object."),
    "INSUFFICIENT_ACCESS_OR_READONLY": Rule(Meaning.RECORD, "The integration user may not change this record."),
    "API_DISABLED_FOR_ORG": Rule(Meaning.MAPPING, "The org's edition or the user's profile does not allow API access."),
    "API_CURRENTLY_DISABLED": Rule(Meaning.MAPPING, "API access is switched off for the integration user."),
    "INACTIVE_OWNER_OR_USER": Rule(Meaning.RECORD, "The owner of the record is an inactive user: give it another one."),
    # This record, until somebody changes something.
    "REQUIRED_FIELD_MISSING": Rule(Meaning.RECORD, "Map the field, or give it a default in Salesforce."),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": Rule(Meaning.RECORD, "A validation rule of the org refused it."),
    "FIELD_INTEGRITY_EXCEPTION": Rule(Meaning.RECORD, "The value does not fit its field."),
    "FIELD_FILTER_VALIDATION_EXCEPTION": Rule(
        Meaning.RECORD, "The lookup filter of the field refused the related record."
    ),
    "INVALID_EMAIL_ADDRESS": Rule(Meaning.RECORD, "Salesforce does not take the e-mail address."),
    "STRING_TOO_LONG": Rule(Meaning.RECORD, "The text is longer than the field: use `too_long: truncate`."),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": Rule(
        Meaning.RECORD, "The picklist has no such value: add it in Salesforce or translate it with `map`."
    ),
    "BAD_CUSTOM_ENTITY_PARENT_DOMAIN": Rule(Meaning.RECORD, "The parent record is of the wrong object."),
    "TOO_MANY_ENUM_VALUE": Rule(Meaning.RECORD, "Too many values for a multi-select picklist."),
    "NUMBER_OUTSIDE_VALID_RANGE": Rule(Meaning.RECORD, "The number has more digits than the field."),
    "JSON_PARSER_ERROR": Rule(Meaning.RECORD, "The value is not of the field's type."),
    "MALFORMED_ID": Rule(Meaning.RECORD, "A Salesforce id of the feedback is mistyped."),
    "INVALID_ID_FIELD": Rule(Meaning.RECORD, "A Salesforce id of the feedback is mistyped."),
    "INVALID_CROSS_REFERENCE_KEY": Rule(Meaning.RECORD, "The record or a related one does not exist any more."),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": Rule(
        Meaning.RECORD, "The integration user may not use the related record, or it does not exist."
    ),
    "DUPLICATE_VALUE": Rule(Meaning.RECORD, "Another record has the same value in a unique field."),
    "DUPLICATE_EXTERNAL_ID": Rule(Meaning.RECORD, "Several records have this External Id: make the field unique."),
    "MISSING_ARGUMENT": Rule(Meaning.RECORD, "Salesforce was not told which record to change."),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": Rule(Meaning.RECORD, "A trigger or flow of the org failed on it."),
}

_NAMED = re.compile(r"(?:No such column|sObject type) '(\w+)'")
"""Request-level errors name what is missing only in their text; names of the org's schema are no personal data."""

_UNKNOWN = Rule(Meaning.RECORD, "Salesforce refused it.")


def refusal_of(error: Mapping[str, Any]) -> Refusal:
    """From one error of Salesforce: `errorCode` in a request's answer, `statusCode` in a collection's."""
    code = str(error.get("statusCode") or error.get("errorCode") or "UNKNOWN_EXCEPTION")
    message = str(error.get("message", ""))
    rule = _by_message(code, message) or RULES.get(code, _UNKNOWN)
    fields = tuple(error.get("fields") or _NAMED.findall(message))
    return Refusal(code, rule.meaning, fields, rule.advice, _existing(error))


def refusal_of_all(errors: Sequence[Mapping[str, Any]]) -> Refusal:
    """The first that says more than that a neighbour failed."""
    found = [refusal_of(error) for error in errors] or [refusal_of({})]
    return next((refusal for refusal in found if refusal.meaning is not Meaning.RETRY), found[0])


def _by_message(code: str, message: str) -> Rule | None:
    """Codes whose meaning only their message tells."""
    if code == "REQUEST_LIMIT_EXCEEDED" and "Concurrent" in message:
        return Rule(
            Meaning.SLOW_DOWN, "Too many long requests ran in the org at once. It is tried again with fewer workers."
        )
    if code == "DUPLICATE_VALUE" and "Already a campaign member" in message:
        return Rule(Meaning.DONE, "It is a member of the campaign already.")
    if code == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY" and (
        "UNABLE_TO_LOCK_ROW" in message or "Too many SOQL" in message
    ):
        return Rule(Meaning.RETRY, "A trigger of the org ran into a lock or a limit. It is tried again.")
    return None


def _existing(error: Mapping[str, Any]) -> str | None:
    """The record that a duplicate rule found; `duplicateResut` is Salesforce's own spelling."""
    result = error.get("duplicateResut") or error.get("duplicateResult") or {}
    for match in result.get("matchResults", ()):
        for found in match.get("matchRecords", ()):
            return str(found["record"]["Id"])
    return None
