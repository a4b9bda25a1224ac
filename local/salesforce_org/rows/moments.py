"""Dates, moments and times of day: from JSON text to stored text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

from local.salesforce_org.clock import to_wire
from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.schema.model import Field

from .unreadable import Unreadable

Converter = Callable[[Any], Any]
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
DATETIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})")
FIRST_YEAR, LAST_YEAR = 1700, 4000


def date_converter(field: Field) -> Converter:
    def convert(value: Any) -> str | None:
        if value == "":
            return None
        if not isinstance(value, str) or not DATE.fullmatch(value):
            raise Unreadable(field, value)
        try:
            day = date.fromisoformat(value)
        except ValueError as problem:
            raise Unreadable(field, value) from problem
        _check_year(field, day.year, value)
        return value

    return convert


def parse_datetime(text: str) -> datetime:
    """A moment with its offset; raises ValueError for anything else."""
    if not DATETIME.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def datetime_converter(field: Field) -> Converter:
    def convert(value: Any) -> str | None:
        if value == "":
            return None
        if not isinstance(value, str):
            raise Unreadable(field, value)
        try:
            moment = parse_datetime(value)
        except (ValueError, OverflowError) as problem:
            raise Unreadable(field, value) from problem
        _check_year(field, moment.year, value)
        return to_wire(moment.replace(microsecond=0))  # Salesforce keeps whole seconds.

    return convert


def _check_year(field: Field, year: int, value: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        message = f"{field.label}: invalid date: {value}"
        raise SalesforceError("FIELD_INTEGRITY_EXCEPTION", message, [field.name])


def time_converter(field: Field) -> Converter:
    def convert(value: Any) -> str | None:
        if value == "":
            return None
        if not isinstance(value, str):
            raise Unreadable(field, value)
        try:
            moment = time.fromisoformat(value)
        except ValueError as problem:
            raise Unreadable(field, value) from problem
        return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}Z"

    return convert
