"""Ids that stand in a mapping: the records that they point to, and a campaign's statuses, must be there.

What was written against a sandbox has the sandbox's ids; this is where one that was forgotten shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from feedback_bridge.config.problem import Problem
from feedback_bridge.delivery.outcome import Refused
from feedback_bridge.feedback.record_id import long_id
from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.mapping.language.values import Operand
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.suggestions import did_you_mean
from feedback_bridge.mapping.walk import write_rules
from feedback_bridge.salesforce.org import Org

_CAMPAIGN, _STATUS = "Campaign", "CampaignMemberStatus"


@dataclass(frozen=True, slots=True)
class _Pointer:
    """`objects`: the record is of one of these."""

    path: str
    record_id: str
    objects: tuple[str, ...]


def dangling(mapping: MappingDocument, schemas: Mapping[str, ObjectSchema], org: Org) -> list[Problem]:
    """Raises TransientError, Refused. What the org does not let us ask is no problem."""
    pointers = [*_in_fields(mapping, schemas), *_campaigns(mapping)]
    asked = [(pointer, name) for pointer in pointers for name in pointer.objects]
    found = _found(org, [RecordQuery(name, (("Id", pointer.record_id),)) for pointer, name in asked])
    there = {pointer.path for (pointer, _), rows in zip(asked, found, strict=False) if rows}
    missing = [pointer for pointer in pointers if pointer.path not in there] if found else []
    problems = [
        Problem(
            path=pointer.path,
            message=f"the org has no {' or '.join(pointer.objects)} with this id, or our user may not see it",
        )
        for pointer in missing
    ]
    return problems + _without_status(mapping, org)


def _in_fields(mapping: MappingDocument, schemas: Mapping[str, ObjectSchema]) -> Iterator[_Pointer]:
    for place, rule in write_rules(mapping):
        schema = schemas.get(rule.object)
        for name, value in rule.fields.items():
            target = schema.field(name) if schema else None
            record_id = _constant_id(value)
            if record_id and target is not None and target.type == "reference" and target.reference_to:
                yield _Pointer(f"{place}.fields.{name}.value", record_id, target.reference_to[:3])


def _campaigns(mapping: MappingDocument) -> Iterator[_Pointer]:
    for index, item in enumerate(mapping.then):
        record_id = _constant_id(item.campaign_member.campaign) if item.campaign_member else None
        if record_id:
            yield _Pointer(f"then[{index}].campaign_member.campaign", record_id, (_CAMPAIGN,))


def _without_status(mapping: MappingDocument, org: Org) -> list[Problem]:
    problems = []
    for index, item in enumerate(mapping.then):
        member = item.campaign_member
        campaign = _constant_id(member.campaign) if member else None
        status = _constant(member.status) if member and member.status else None
        if campaign is None or status is None:
            continue
        (rows,) = _found(org, [RecordQuery(_STATUS, (("CampaignId", campaign),), select=("Label",))]) or [[]]
        labels = [str(row["Label"]) for row in rows]
        if labels and status.casefold() not in {label.casefold() for label in labels}:
            message = f"the campaign has no member status {status}; it has {', '.join(labels)}"
            path = f"then[{index}].campaign_member.status"
            problems.append(Problem(path=path, message=message + did_you_mean(status, labels)))
    return problems


def _found(org: Org, queries: list[RecordQuery]) -> list[list[Row]]:
    """Empty where the org refuses one of them: there are objects that an integration user cannot query."""
    try:
        return [list(rows) for rows in org.find(queries)]
    except Refused:
        return []


def _constant(operand: Operand) -> str | None:
    given = operand.value if operand.transform is None and operand.map is None else None
    return given if isinstance(given, str) else None


def _constant_id(operand: Operand) -> str | None:
    text = _constant(operand)
    return long_id(text) if text else None
