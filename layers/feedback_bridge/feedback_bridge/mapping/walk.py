"""Every path that a mapping document contains, with its own place in the document."""

from collections.abc import Iterator

from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.mapping.language.conditions import AllOf, AnyOf, Comparison, Condition, NoneOf
from feedback_bridge.mapping.language.values import FieldValue, Operand
from feedback_bridge.mapping.language.writes import WriteRule
from feedback_bridge.mapping.templates import paths_in

Place = tuple[str, str, bool]
"""Where in the document, the path itself, and whether it may name a whole answer (for its label)."""


def write_rules(document: MappingDocument) -> Iterator[tuple[str, WriteRule]]:
    """The main write and those that follow, by their place."""
    yield "write", document.write
    for index, item in enumerate(document.then):
        if item.write is not None:
            yield f"then[{index}].write", item.write


def paths_of(document: MappingDocument) -> Iterator[Place]:
    if document.when is not None:
        yield from _in_condition("when", document.when)
    for place, rule in write_rules(document):
        yield from _in_rule(place, rule)
    for index, item in enumerate(document.then):
        if item.when is not None:
            yield from _in_condition(f"then[{index}].when", item.when)
        if item.campaign_member is not None:
            place = f"then[{index}].campaign_member"
            yield from _in_operand(f"{place}.campaign", item.campaign_member.campaign)
            if item.campaign_member.status is not None:
                yield from _in_operand(f"{place}.status", item.campaign_member.status)


def _in_rule(place: str, rule: WriteRule) -> Iterator[Place]:
    if rule.key is not None:
        yield from _in_operand(f"{place}.key.value", rule.key.value, alone=True)
    for name, operand in (rule.match.fields if rule.match else {}).items():
        yield from _in_operand(f"{place}.match.fields.{name}", operand, alone=True)
    for name, value in rule.fields.items():
        yield from _in_field(f"{place}.fields.{name}", value)


def _in_field(place: str, value: FieldValue) -> Iterator[Place]:
    yield from _in_operand(place, value)
    if value.when is not None:
        yield from _in_condition(f"{place}.when", value.when)
    for name, operand in (value.lookup.by if value.lookup else {}).items():
        yield from _in_operand(f"{place}.lookup.by.{name}", operand, alone=True)


def _in_operand(place: str, operand: Operand, *, alone: bool = False) -> Iterator[Place]:
    """`alone`: the path may have been written without its `from`, so that its place is the operand's own."""
    if operand.from_ is not None:
        yield (place if alone else f"{place}.from"), operand.from_, operand.label
    if operand.template is not None:
        for path in paths_in(operand.template):
            yield f"{place}.template", path, False
    for key, items in (("first_of", operand.first_of), ("join", operand.join)):
        for index, item in enumerate(items or ()):
            yield from _in_operand(f"{place}.{key}[{index}]", item, alone=True)


def _in_condition(place: str, condition: Condition) -> Iterator[Place]:
    match condition:
        case AllOf():
            for index, item in enumerate(condition.all):
                yield from _in_condition(f"{place}.all[{index}]", item)
        case AnyOf():
            for index, item in enumerate(condition.any):
                yield from _in_condition(f"{place}.any[{index}]", item)
        case NoneOf():
            yield from _in_condition(f"{place}.not", condition.not_)
        case Comparison():
            yield f"{place}.path", condition.path, condition.op in ("exists", "missing")
            if condition.value_path is not None:
                yield f"{place}.value_path", condition.value_path, False
