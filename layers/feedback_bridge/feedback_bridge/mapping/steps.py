"""Steps made ready: the `transform` of an operand becomes one function."""

from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.language import transforms as language
from feedback_bridge.mapping.transforms import contact, lists, names, numbers, text, times

Apply = Callable[[Any], Any]

WORDS: dict[str, Apply] = {
    "trim": text.trim,
    "squeeze": text.squeeze,
    "upper": text.upper,
    "lower": text.lower,
    "digits": text.digits,
    "normalise": text.normalise,
    "strip_html": text.strip_html,
    "number": numbers.number,
    "email": contact.email,
    "url": contact.url,
    "domain": contact.domain,
}
ON_LISTS: dict[str, Apply] = {
    "first": lists.take(0),
    "last": lists.take(-1),
    "unique": lists.unique,
    "count": lists.count,
}


def compile_steps(steps: Sequence[language.Step], zone: tzinfo) -> Apply:
    """All steps in their order; None as soon as one of them finds nothing. The function raises Unfit."""
    compiled = [_compile(step, zone) for step in steps]

    def apply(value: Any) -> Any:
        for step in compiled:
            if value is None:
                return None
            value = step(value)
        return value

    return apply


def _compile(step: language.Step, zone: tzinfo) -> Apply:
    if isinstance(step, str):
        return ON_LISTS[step] if step in ON_LISTS else each(WORDS[step])
    match step:
        case language.Take():
            return lists.take(step.take)
        case language.Join():
            return lists.join(step.join)
        case language.Split():
            return _on_one(lists.split(step.split, step.take))
        case _:
            return each(_single(step, zone))


def _single(step: language.Step, zone: tzinfo) -> Apply:
    """Steps that work on one value."""
    match step:
        case language.Name():
            return names.name_part(step.name, step.order)
        case language.DecimalMark():
            return numbers.decimal_mark(step.decimal)
        case language.Round():
            return numbers.round_to(step.round)
        case language.Multiply():
            return numbers.multiply(step.multiply)
        case language.Phone():
            return contact.phone(step.phone)
        case language.Truncate():
            return text.truncate(step.truncate, step.ending)
        case language.Replace():
            return text.replace(step.replace)
        case language.Extract():
            return text.extract(step.extract, step.group)
        case _:
            return _timed(step, zone)


def _timed(step: language.Step, zone: tzinfo) -> Apply:
    match step:
        case language.ReadDate():
            return times.read_date(step.date, zone)
        case language.ReadDatetime():
            return times.read_datetime(step.datetime, ZoneInfo(step.zone) if step.zone else zone)
        case language.ReadTime():
            return times.read_time(step.time, zone)
        case language.Format():
            return times.write_as(step.format, ZoneInfo(step.zone) if step.zone else zone)
        case language.AddDays():
            return times.add_days(step.add_days, zone)
        case _:
            raise AssertionError(f"no function for the step {step!r}")


def each(step: Apply) -> Apply:
    """On every item of a list; items of which nothing is left go."""

    def apply(value: Any) -> Any:
        if isinstance(value, list):
            return [item for item in map(step, lists.items_of(value)) if item is not None]
        return step(value)

    return apply


def _on_one(step: Apply) -> Apply:
    def apply(value: Any) -> Any:
        if isinstance(value, list):
            if len(value) != 1:
                raise Unfit("is several values; join them before they are split")
            value = value[0]
        return step(value)

    return apply
