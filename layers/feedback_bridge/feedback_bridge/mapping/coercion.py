"""The one table of value × Salesforce type: what is sent, or which problem.

Every writable field goes through `coercer`; `docs/generated/coercion.md` is written from this table by running it.
Types are those of a describe (Salesforce Object Reference, "Field Types").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo

from feedback_bridge.mapping.field_types import choices, ids, numbers, text, times
from feedback_bridge.mapping.field_types.unfit import Coerce
from feedback_bridge.mapping.schema import FieldSchema


@dataclass(frozen=True, slots=True)
class Terms:
    """What besides the field decides: the org's time zone, and whether text that is too long may be shortened."""

    zone: tzinfo
    truncate: bool = False


@dataclass(frozen=True, slots=True)
class TypeRule:
    """`sends` describes what Salesforce receives; `refused` says why nothing can be written to such a field."""

    sends: str
    build: Callable[[FieldSchema, Terms], Coerce] | None = None
    refused: str = ""
    clearable: bool = True


class NotWritable(ValueError):
    """No value can be written to fields of this type; the sentence says what to do instead."""


def _plain(build: Callable[[FieldSchema], Coerce]) -> Callable[[FieldSchema, Terms], Coerce]:
    return lambda field, terms: build(field)


def _zoned(build: Callable[[FieldSchema, tzinfo], Coerce]) -> Callable[[FieldSchema, Terms], Coerce]:
    return lambda field, terms: build(field, terms.zone)


def _line(field: FieldSchema, terms: Terms) -> Coerce:
    return text.text(field, truncate=terms.truncate, lines=False)


def _area(field: FieldSchema, terms: Terms) -> Coerce:
    if field.html:
        return text.rich_text(field, truncate=terms.truncate)
    return text.text(field, truncate=terms.truncate, lines=True)


RULES: dict[str, TypeRule] = {
    "string": TypeRule("one line of text", _line),
    "textarea": TypeRule("text with its line ends; in a rich text field escaped as HTML", _area),
    "encryptedstring": TypeRule("one line of text", _line),
    "combobox": TypeRule("one line of text, listed or not", _line),
    "phone": TypeRule("one line of text, full-width digits made plain", _plain(text.phone)),
    "email": TypeRule("an address that Salesforce accepts", _plain(text.email)),
    "url": TypeRule("one line of text without a scheme that runs code", _plain(text.url)),
    "picklist": TypeRule(
        "one of its values; an unrestricted one also takes others, with a note", _plain(choices.picklist)
    ),
    "multipicklist": TypeRule("its values joined with `;`", _plain(choices.multipicklist)),
    "boolean": TypeRule("true or false", _plain(choices.boolean), clearable=False),
    "int": TypeRule("a whole number of at most 32 bits", _plain(numbers.integer)),
    "long": TypeRule("a whole number of at most 64 bits", _plain(numbers.long)),
    "double": TypeRule("a number rounded half up to the field's decimals", _plain(numbers.double)),
    "currency": TypeRule("a number; a currency sign around it is dropped", _plain(numbers.currency)),
    "percent": TypeRule("a number; `85%` is 85", _plain(numbers.percent)),
    "date": TypeRule("`YYYY-MM-DD`, the day in the org's time zone", _zoned(times.date_field)),
    "datetime": TypeRule("`YYYY-MM-DDThh:mm:ss.sss+0000`, in UTC", _zoned(times.datetime_field)),
    "time": TypeRule("`hh:mm:ss.sssZ`, the time on the org's clocks", _zoned(times.time_field)),
    "id": TypeRule("an id of 18 characters, its checksum verified", _plain(ids.reference)),
    "reference": TypeRule("an id of 18 characters, its checksum verified", _plain(ids.reference)),
    "address": TypeRule("", refused="is a compound address; map its parts, such as BillingStreet and BillingCity"),
    "location": TypeRule("", refused="is a compound geolocation; map its parts, …__Latitude__s and …__Longitude__s"),
    "complexvalue": TypeRule("", refused="is a compound value that Salesforce does not let us write"),
    "base64": TypeRule("", refused="holds a file; feedback cannot be written to it"),
    "anytype": TypeRule("", refused="has no type of its own, so no value can be checked against it"),
    "datacategorygroupreference": TypeRule(
        "", refused="refers to a data category group; feedback cannot be written to it"
    ),
}


def rule_of(field: FieldSchema) -> TypeRule:
    unknown = TypeRule("", refused=f"is of the type {field.type}, which this program does not know how to write")
    return RULES.get(field.type.lower(), unknown)


def coercer(field: FieldSchema, terms: Terms) -> Coerce:
    """What turns a value into what this field takes. Raises NotWritable."""
    rule = rule_of(field)
    if rule.build is None:
        raise NotWritable(rule.refused)
    return rule.build(field, terms)
