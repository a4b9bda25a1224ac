"""Refusals after which the mapping's policy names another record to write to."""

from collections.abc import Sequence
from dataclasses import replace

from feedback_bridge.delivery.order import Contest
from feedback_bridge.delivery.outcome import Meaning, Org, Outcome, Refusal
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.write import Write

_NO_OTHER = "A duplicate rule of the org found no record of this object that could be updated instead."


def second_choices(org: Org, refused: Sequence[tuple[Contest, Outcome]]) -> list[Contest]:
    """The writes to make instead: to the record a duplicate rule found, to the contact a lead has become.

    What gets no second choice is noted on its job. Raises TransientError, Refused.
    """
    choices: list[Contest] = []
    leads: list[Contest] = []
    for (task, write), outcome in refused:
        if isinstance(outcome, Refusal) and outcome.meaning is Meaning.DUPLICATE_RULE:
            if write.duplicates == "use_match" and not outcome.existing:
                outcome = replace(outcome, advice=_NO_OTHER)
            elif write.duplicates == "use_match":
                fields = _writable(write, task.job.mapping.schema(write.object))
                instead = replace(
                    write, operation="update", record_id=outcome.existing, external_id=None, fields=fields
                )
                choices.append((task, instead))
                continue
        elif isinstance(outcome, Refusal) and outcome.meaning is Meaning.CONVERTED and write.record_id:
            leads.append((task, write))
            continue
        task.note(write, outcome)
    return choices + _contacts(org, leads)


def _contacts(org: Org, leads: Sequence[Contest]) -> list[Contest]:
    queries = [RecordQuery("Lead", (("Id", write.record_id),), select=("ConvertedContactId",)) for _, write in leads]
    schema = org.schema("Contact") if leads else None
    choices: list[Contest] = []
    for (task, write), rows in zip(leads, org.find(queries), strict=True):
        contact = rows[0].get("ConvertedContactId") if rows else None
        if not contact or schema is None:
            task.job.refused(Refusal("CONVERTED_LEAD", Meaning.RECORD, (), "The contact of the lead cannot be seen."))
            continue
        fields = _writable(write, schema)
        if left := sorted(set(write.fields) - set(fields)):
            task.job.warnings.append(f"The lead is a contact now, which has no field {', '.join(left)} to write.")
        choices.append((task, replace(write, object="Contact", record_id=str(contact), fields=fields)))
    return choices


def _writable(write: Write, schema: ObjectSchema | None) -> dict[str, object]:
    if schema is None:
        return dict(write.fields)
    return {
        name: value
        for name, value in write.fields.items()
        if (item := schema.field(name)) is not None and item.updateable
    }
