"""Reads what Salesforce answers when it refuses: which row of the table it is, and what may be told of its message.

Messages repeat what customers wrote ("bad value for restricted picklist field: …"), so they are not shown. What is
taken out of them are names of the org's own: columns, objects, triggers, ids of records. The one exception is the text
of a validation rule: an admin wrote it for people to read. It is shown unless it holds something that we sent, or looks
like an address or a number, as the messages of Apex code can.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feedback_bridge.delivery.outcome import Meaning, Refusal
from feedback_bridge.salesforce.errors import Rule, rule_for

_NAMES = re.compile(r"No such column '(\w+)'|sObject type '(\w+)'|duplicate value found: (\w+) duplicates")
_HOLDER = re.compile(r"duplicates value on record with id: (\w{15}(?:\w{3})?)\b")
_TRIGGER = re.compile(r"(\w{1,80}): execution of (\w+)")
_ROW = re.compile(r"(?P<code>\w+):(?P<message>.*?)(?::(?P<fields>\w+(?:, ?\w+)*)?)? ?--\s*", re.DOTALL)
_JOB = re.compile(r"(?P<code>\w+) ?: ?(?P<message>.*)", re.DOTALL)
_NO_COLUMN = re.compile(r"Field name not found ?: ?([\w.:]+)")

_PERSONAL = re.compile(r"@|\d{5}")
_LONGEST_TEXT = 200
_A_NAME = 40
"""Characters of a value whose every word is telling: a name, a number, an address."""

_TELLING = 18
"""Bytes in a row that a message may not share with a longer value: six Japanese characters, or three words."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent for the record: `key` is the External Id that it was upserted by, `sobject` its object; no value of
    it is told."""

    values: Collection[Any] = ()
    key: str | None = None
    deleting: bool = False
    sobject: str | None = None


NOTHING_SENT = Sent()


def refusal_of(error: Mapping[str, Any], sent: Sent = NOTHING_SENT) -> Refusal:
    """From one error: `errorCode` where a request was refused, `statusCode` where a record of it was."""
    code = str(error.get("statusCode") or error.get("errorCode") or "UNKNOWN_EXCEPTION")
    message = str(error.get("message") or "")
    rule = rule_for(code, message, key=sent.key, deleting=sent.deleting, whole="statusCode" not in error)
    fields = tuple(str(name) for name in error.get("fields") or ()) or _named(message)
    return Refusal(code, rule.meaning, fields, _advice(rule, message, sent.values), _existing(error, message, sent))


def refusal_of_all(errors: Sequence[Mapping[str, Any]], sent: Sent = NOTHING_SENT) -> Refusal:
    """The first that says more than that a neighbour failed."""
    found = [refusal_of(error, sent) for error in errors] or [refusal_of({})]
    return next((refusal for refusal in found if refusal.meaning is not Meaning.RETRY), found[0])


def refusal_of_row(row: Mapping[str, str], key: str | None = None, *, deleting: bool = False) -> Refusal:
    """From a row of a bulk job's failed results: its columns are what was sent, and `sf__Error` says
    `CODE:message:Field --`. Raises KeyError."""
    sent = Sent([cell for name, cell in row.items() if not name.startswith("sf__")], key, deleting)
    parts = _ROW.fullmatch(row["sf__Error"])
    if parts is None:
        return refusal_of({"statusCode": row["sf__Error"].partition(":")[0][:80]})
    fields = re.split(", ?", parts["fields"]) if parts["fields"] else []
    return refusal_of({"statusCode": parts["code"], "message": parts["message"], "fields": fields}, sent)


def refusal_of_job(text: str) -> Refusal:
    """What a bulk job's `errorMessage` means for the records that it did not get to.

    A file that Salesforce could not read may be one record's fault: each is to be sent again, in other company.
    """
    if column := _NO_COLUMN.search(text):
        rule = rule_for("INVALID_FIELD")
        return Refusal(rule.code, rule.meaning, (column[1],), rule.advice)
    parts = _JOB.match(text)
    refusal = refusal_of({"errorCode": parts["code"].upper(), "message": parts["message"]} if parts else {})
    return unprocessed() if refusal.meaning in (Meaning.RECORD, Meaning.RETRY) else refusal


def unprocessed() -> Refusal:
    """For a record that a bulk job did not get to: it has not been written."""
    rule = rule_for("BULK_UNPROCESSED")
    return Refusal(rule.code, rule.meaning, (), rule.advice)


def _named(message: str) -> tuple[str, ...]:
    found = _NAMES.search(message)
    return tuple(name for name in found.groups() if name) if found else ()


def _existing(error: Mapping[str, Any], message: str, sent: Sent) -> str | None:
    """The record of the same object that stands in the way; `duplicateResut` is Salesforce's own spelling.

    A rule may compare leads with contacts: a contact cannot be updated as the lead that was sent.
    """
    result = error.get("duplicateResut") or error.get("duplicateResult") or {}
    for match in result.get("matchResults") or ():
        for found in match.get("matchRecords") or ():
            of = (found["record"].get("attributes") or {}).get("type")
            if of is None or sent.sobject in (None, of):
                return str(found["record"]["Id"])
    holder = _HOLDER.search(message)
    return holder[1] if holder else None


def _advice(rule: Rule, message: str, values: Collection[Any]) -> str:
    if rule.code == "FIELD_CUSTOM_VALIDATION_EXCEPTION":
        words = " ".join(message.split())[:_LONGEST_TEXT]
        return f"{rule.advice} It says: “{words}”" if words and _impersonal(words, values) else rule.advice
    if rule.code.startswith("CANNOT_") and (trigger := _TRIGGER.match(message)):
        return f"{rule.advice} It is {trigger[1]} ({trigger[2]})."
    if holder := _HOLDER.search(message):
        return f"{rule.advice} It is {holder[1]}."
    return rule.advice


def _impersonal(words: str, values: Collection[Any]) -> bool:
    if _PERSONAL.search(words):
        return False
    told = words.casefold()
    sent = [value.casefold() for value in values if isinstance(value, str)]
    if any(len(part) > 1 and part in told for value in sent if len(value) <= _A_NAME for part in value.split()):
        return False
    text = told.encode()
    pieces = {text[start : start + _TELLING] for start in range(len(text) - _TELLING + 1)}
    return not any(piece in value for value in map(str.encode, sent) for piece in pieces)
