"""Reads the CSV of a job: its header against the object, its rows as payloads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.rows.unreadable import Unreadable
from local.salesforce_org.schema.model import NUMERIC_TYPES, Field, SObject

from .jobs import DELIMITERS, Job

NULL = "#N/A"
XSD = {"date": "xsd:date", "datetime": "xsd:dateTime", "boolean": "xsd:boolean", "int": "xsd:int", "time": "xsd:time"}
MAX_FIELD = 131_072


class InvalidBatch(Exception):
    """The file as a whole cannot be read; the job fails with this message."""


@dataclass(frozen=True)
class Column:
    """A field, or with `key` the external id of a parent (`Contact__r.Number__c`)."""

    heading: str
    field: Field
    key: str | None = None
    target: str | None = None


def read_rows(job: Job, text: str) -> tuple[list[str], Iterator[list[str]]]:
    """The header and an iterator over the rows. Raises InvalidBatch."""
    first_line = text.partition("\n")[0]
    if job.line_ending == "LF" and first_line.endswith("\r"):
        raise InvalidBatch("InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is LF")
    if job.line_ending == "CRLF" and first_line and not first_line.endswith("\r"):
        raise InvalidBatch("InvalidBatch : LineEnding is invalid on user data. Current LineEnding setting is CRLF")
    csv.field_size_limit(MAX_FIELD * 4)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[job.delimiter], strict=True)
    rows = _readable(reader)
    header = next(rows, None)
    if not header:
        raise InvalidBatch("InvalidBatch : Unable to find object's field names in the first line")
    return header, rows


def _readable(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from (row for row in reader if row)
    except csv.Error as problem:
        raise InvalidBatch(f"InvalidBatch : Failed to parse CSV. {problem}") from problem


def columns(sobject: SObject, header: list[str], readable: frozenset[str]) -> list[Column]:
    return [_column(sobject, heading.strip().lstrip("\ufeff"), readable) for heading in header]


def _column(sobject: SObject, heading: str, readable: frozenset[str]) -> Column:
    field = sobject.find(heading)
    if field is not None and field.name in readable:
        return Column(heading, field)
    relationship, _, key = heading.rpartition(".")
    target, _, relationship_name = relationship.rpartition(":")
    found = sobject.by_relationship.get(relationship_name.lower())
    if found is not None and found.name in readable and key:
        return Column(heading, found, key, target or None)
    raise InvalidBatch(f"InvalidBatch : Field name not found : {heading}")


def payload(found: list[Column], row: list[str]) -> dict[str, Any]:
    """Empty cells are left out, #N/A is null. Raises SalesforceError for a cell that is not of its type."""
    result: dict[str, Any] = {}
    for column, cell in zip(found, row, strict=False):
        if cell == "":
            continue
        if column.key is not None:
            attributes = {"attributes": {"type": column.target}} if column.target else {}
            result[str(column.field.relationship)] = {**attributes, column.key: cell}
        else:
            result[column.field.name] = None if cell == NULL else _cell(column.field, cell)
    return result


def _cell(field: Field, cell: str) -> Any:
    if field.type == "boolean":
        word = cell.strip().lower()
        if word in ("true", "1", "yes", "y"):
            return True
        if word in ("false", "0", "no", "n"):
            return False
        raise Unreadable(field, cell)
    return cell


def as_bulk_error(problem: SalesforceError, header: list[Column], row: list[str]) -> SalesforceError:
    """Unreadable cells are told in the words of Bulk: by column and XML type."""
    if not isinstance(problem, Unreadable):
        return problem
    at = next((n for n, column in enumerate(header) if column.field.name == problem.field_name), 0)
    kind = header[at].field.type
    xsd = XSD.get(kind, "xsd:double" if kind in NUMERIC_TYPES else "xsd:string")
    cell = row[at] if at < len(row) else ""
    message = f"Failed to deserialize field at col {at}. Due to, '{cell}' is not a valid value for the type {xsd}"
    return SalesforceError("INVALID_FIELD", message, [problem.field_name])


def error_cell(problem: SalesforceError) -> str:
    """`CODE:message:Field --`."""
    return f"{problem.code}:{problem.message}:{', '.join(problem.fields or [])} --".replace(": --", ":--")
