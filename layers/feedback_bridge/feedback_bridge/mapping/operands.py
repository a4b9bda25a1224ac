"""Values made ready: an operand of the language becomes a function from feedback to a value, or None."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.language.values import Operand
from feedback_bridge.mapping.paths import Get, getter, keys_of
from feedback_bridge.mapping.steps import compile_steps
from feedback_bridge.mapping.templates import parse_template

_VALUE, _LABEL = "value", "label"
RECORD_KEY = "\0record"
"""Where the id of the record just written stands in the feedback that a `then` write is planned from."""


def _record_id(feedback: Mapping[str, Any]) -> Any:
    return feedback.get(RECORD_KEY)


def compile_operand(operand: Operand, zone: tzinfo) -> Get:
    """The value before it is fitted to a field; dates without a zone are in `zone`. The function raises Unfit.

    Of `record`, only Id is its business.
    """
    read = _source(operand, zone)
    if operand.transform is not None:
        read = _transformed(read, compile_steps(operand.transform, zone))
    if operand.map is not None:
        read = _translated(read, operand.map, _default(operand))
    return read


def records_in(operand: Operand) -> Iterator[str]:
    """Every `record` within, however deep."""
    if operand.record is not None:
        yield operand.record
    for item in (*(operand.first_of or ()), *(operand.join or ())):
        yield from records_in(item)


def _source(operand: Operand, zone: tzinfo) -> Get:
    if operand.from_ is not None:
        return label_getter(operand.from_) if operand.label else getter(operand.from_)
    if operand.template is not None:
        return parse_template(operand.template, zone)
    if operand.first_of is not None:
        return _first_of([compile_operand(item, zone) for item in operand.first_of])
    if operand.join is not None:
        return _joined([compile_operand(item, zone) for item in operand.join], operand.separator)
    if operand.record is not None:
        return _record_id
    constant = operand.value
    return lambda feedback: constant


def label_getter(path: str) -> Get:
    """The label of the answer that the path names, itself or by its value; the value where there is no label."""
    keys = keys_of(path)
    if keys is None or len(keys) < 2:
        find = getter(path)
        return lambda feedback: _label_of(find(feedback))
    answer = keys[:-1] if keys[-1] in (_VALUE, _LABEL) and len(keys) > 2 else keys

    def read(feedback: Mapping[str, Any]) -> Any:
        found: Any = feedback
        for key in answer:
            if not isinstance(found, Mapping):
                return None
            found = found.get(key)
        return _label_of(found)

    return read


def _label_of(answer: Any) -> Any:
    if not isinstance(answer, Mapping):
        return answer
    label = answer.get(_LABEL)
    return answer.get(_VALUE) if label is None else label


def blank(value: Any) -> bool:
    """Whether a form's empty box, or a list without items, was found: that counts as nothing."""
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _first_of(reads: list[Get]) -> Get:
    def read(feedback: Mapping[str, Any]) -> Any:
        for item in reads:
            value = item(feedback)
            if not blank(value):
                return value
        return None

    return read


def _joined(reads: list[Get], separator: str) -> Get:
    def read(feedback: Mapping[str, Any]) -> str | None:
        found = [as_text(value) for value in (item(feedback) for item in reads) if not blank(value)]
        return separator.join(found) if found else None

    return read


def _transformed(read: Get, apply: Callable[[Any], Any]) -> Get:
    def transformed(feedback: Mapping[str, Any]) -> Any:
        value = read(feedback)
        return None if blank(value) else apply(value)

    return transformed


def _default(operand: Operand) -> Callable[[], Any]:
    if "default" in operand.model_fields_set:
        default = operand.default
        return lambda: default
    return _not_in_table


def _not_in_table() -> Any:
    raise Unfit("is not in the value table; add it there, or a default")


def _translated(read: Get, table: Mapping[str, Any], default: Callable[[], Any]) -> Get:
    def translate(value: Any) -> Any:
        key = value if type(value) is str else as_text(value)
        if key in table:
            return table[key]
        key = key.strip()
        return table[key] if key in table else default()

    def translated(feedback: Mapping[str, Any]) -> Any:
        value = read(feedback)
        if type(value) is str and value in table:
            return table[value]
        if blank(value):
            return None
        if isinstance(value, list):
            return [item for item in map(translate, value) if item is not None]
        return translate(value)

    return translated
