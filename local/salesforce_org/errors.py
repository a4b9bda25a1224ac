"""Salesforce's refusals, and the two shapes they take on the wire.

Single requests answer `[{message, errorCode[, fields]}]`; rows of collections and trees carry
`{statusCode, message, fields}`. `fields` is absent for errors of the request and present (perhaps empty) for errors
of the record. A few codes are written with `errorCode` first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CODE_FIRST = frozenset({"NOT_FOUND", "METHOD_NOT_ALLOWED", "PROCESSING_HALTED"})
RESOURCE_MISSING = "The requested resource does not exist"
ROLLED_BACK = "Record rolled back because not all records were valid and the request was using AllOrNone header"


class SalesforceError(Exception):
    """One refusal. `fields` is None for errors of the request, a list for errors of a record."""

    def __init__(
        self,
        code: str,
        message: str,
        fields: Sequence[str] | None = None,
        *,
        status: int = 400,
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = None if fields is None else list(fields)
        self.status = status
        self.extra = extra or {}
        self.headers = headers or {}

    def as_response(self) -> list[dict[str, Any]]:
        """The body of a request that failed as a whole."""
        head = {"errorCode": self.code, "message": self.message}
        if self.code not in CODE_FIRST:
            head = {"message": self.message, "errorCode": self.code}
        body: dict[str, Any] = {**self.extra, **head} if self.extra else dict(head)
        if self.fields is not None:
            body["fields"] = self.fields
        return [body]

    def as_row(self) -> dict[str, Any]:
        """The same, as one row of a collection."""
        return {**self.extra, "statusCode": self.code, "message": self.message, "fields": self.fields or []}


class NotJsonError(Exception):
    """Refused before any Salesforce code saw it: 414 and 431 are pages of the web server, not JSON."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.html = f"<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>"


def not_found(message: str = RESOURCE_MISSING) -> SalesforceError:
    return SalesforceError("NOT_FOUND", message, status=404)


def no_external_id(value: str) -> SalesforceError:
    return not_found(f"Provided external ID field does not exist or is not accessible: {value}")


def method_not_allowed(method: str, allowed: Sequence[str]) -> SalesforceError:
    text = ",".join(sorted(allowed))
    message = f"HTTP Method '{method}' not allowed. Allowed are {text}"
    return SalesforceError("METHOD_NOT_ALLOWED", message, status=405, headers={"Allow": text})


def entity_is_deleted() -> SalesforceError:
    return SalesforceError("ENTITY_IS_DELETED", "entity is deleted", [], status=404)


def invalid_cross_reference() -> SalesforceError:
    return SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])


def no_access_to_reference(record_id: str) -> SalesforceError:
    message = f"insufficient access rights on cross-reference id: {record_id[:15]}"
    return SalesforceError("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", message, [])


def malformed_id(label: str, value: str, field: str) -> SalesforceError:
    return SalesforceError("MALFORMED_ID", f"{label}: id value of incorrect type: {value}", [field])


def required_missing(names: Sequence[str]) -> SalesforceError:
    return SalesforceError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(names)}]", names)


def not_writable(names: Sequence[str]) -> SalesforceError:
    message = (
        f"Unable to create/update fields: {', '.join(names)}. Please check the security settings of this field and "
        "verify that it is read/write for your profile or permission set."
    )
    return SalesforceError("INVALID_FIELD_FOR_INSERT_UPDATE", message, names)


def no_such_column(field: str, sobject: str) -> SalesforceError:
    return SalesforceError("INVALID_FIELD", f"No such column '{field}' on sobject of type {sobject}")


def insufficient_access() -> SalesforceError:
    message = "insufficient access rights on object id"
    return SalesforceError("INSUFFICIENT_ACCESS_OR_READONLY", message, [], status=403)


def not_insertable(label: str) -> SalesforceError:
    """No user may create this object, or this one may not."""
    message = f"entity type cannot be inserted: {label}"
    return SalesforceError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, [])


def lock_refused(record_id: str) -> SalesforceError:
    message = f"unable to obtain exclusive access to this record or 1 records: {record_id}"
    return SalesforceError("UNABLE_TO_LOCK_ROW", message, [])


def duplicate_value(field: str, record_id: str) -> SalesforceError:
    message = f"duplicate value found: {field} duplicates value on record with id: {record_id[:15]}"
    return SalesforceError("DUPLICATE_VALUE", message, [])


def json_parser_error(message: str, fields: Sequence[str] | None = None) -> SalesforceError:
    return SalesforceError("JSON_PARSER_ERROR", message, fields)
