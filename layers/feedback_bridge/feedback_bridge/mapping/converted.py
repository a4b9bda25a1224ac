"""Converted leads: Salesforce refuses to change them, and the person lives on as a contact.

(Lead conversion, https://help.salesforce.com/s/articleView?id=sf.leads_convert.htm)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from feedback_bridge.mapping.coercion import NotWritable, Terms, coercer
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit
from feedback_bridge.mapping.outcome import FieldProblem, Rejected, Skipped
from feedback_bridge.mapping.read import Row
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.scope import Scope

LEAD, CONTACT, CONTACT_PREFIX = "Lead", "Contact", "003"
CONTACT_OF_LEAD = "ConvertedContactId"
CONVERSION = ("IsConverted", CONTACT_OF_LEAD)
_CONTACT_ROW = "ConvertedContact"

Policy = Literal["follow", "skip", "fail"]


def can_convert(schema: ObjectSchema) -> bool:
    return schema.name == LEAD and all(schema.field(name) for name in CONVERSION)


def is_converted(row: Row) -> bool:
    return row.get("IsConverted") is True


@dataclass(frozen=True, slots=True)
class Conversion:
    """What becomes of a write whose lead was converted. `coercers` are the contact's, for the fields it shares."""

    policy: Policy
    coercers: Mapping[str, Coerce]
    only_if_empty: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        if self.policy != "follow":
            return CONVERSION
        return (*CONVERSION, *(f"{_CONTACT_ROW}.{name}" for name in self.only_if_empty if name in self.coercers))

    def open_leads(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The leads that can still be written; the converted ones only where there is no other."""
        return [row for row in rows if not is_converted(row)] or rows

    def contacts(self, rows: Sequence[Row]) -> dict[str, Row | None] | Skipped | Rejected:
        """The contacts of converted leads, each once, with what is known of them."""
        if self.policy == "skip":
            return Skipped("the lead was converted")
        contacts = {str(row[CONTACT_OF_LEAD]): row.get(_CONTACT_ROW) for row in rows if row.get(CONTACT_OF_LEAD)}
        if self.policy == "fail" or not contacts or not self.coercers:
            seen = "" if contacts or self.policy == "fail" else ", and our user may not see its contact"
            return Rejected((FieldProblem(LEAD, f"was converted{seen}"),))
        return contacts

    def fields(self, fields: Mapping[str, Any], notes: list[str]) -> dict[str, Any]:
        """What of a lead's fields a contact takes; the rest is left out with a note."""
        kept: dict[str, Any] = {}
        for name, value in fields.items():
            coerce = self.coercers.get(name)
            try:
                if coerce is not None:
                    kept[name] = None if value is None else coerce(value, notes)
                    continue
            except Unfit:
                reason = "does not take this value"
            else:
                reason = "has no such field"
            notes.append(f"{name}: left out, because the lead was converted and its contact {reason}")
        return kept


def compile_conversion(
    scope: Scope, schema: ObjectSchema, policy: Policy, names: Sequence[str], only_if_empty: tuple[str, ...]
) -> Conversion | None:
    """None for objects that are never converted."""
    if not can_convert(schema):
        return None
    contact = scope.known(CONTACT) if policy == "follow" else None
    coercers: dict[str, Coerce] = {}
    for name in names:
        field = contact.field(name) if contact else None
        if field is None or not field.updateable or field.html:
            continue
        try:
            coercers[field.name] = coercer(field, Terms(scope.zone, truncate=True))
        except NotWritable:
            continue
    return Conversion(policy, coercers, only_if_empty)
