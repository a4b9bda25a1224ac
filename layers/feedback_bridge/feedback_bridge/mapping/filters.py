"""The filters of a template slot: `{{ path | upper }}`, `{{ occurred_at | format: "%Y年%m月%d日" }}`.

They are the steps of `transform` that need no more than one argument.
"""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from feedback_bridge.mapping.transforms import contact, lists, numbers, text, times

Filter = Callable[[Any], Any]


class BadFilter(ValueError):
    """There is no such filter, or its argument is wrong; the sentence says which."""


_PLAIN: dict[str, Filter] = {
    "upper": text.upper,
    "lower": text.lower,
    "trim": text.trim,
    "squeeze": text.squeeze,
    "strip_html": text.strip_html,
    "number": numbers.number,
    "domain": contact.domain,
    "first": lists.take(0),
    "last": lists.take(-1),
    "count": lists.count,
}


def _shortened(argument: str, zone: tzinfo) -> Filter:
    if not argument.isdecimal() or not 1 <= int(argument[:9]) <= 131_072:
        raise BadFilter("has the filter truncate without a length, as in truncate: 80")
    return text.truncate(int(argument), "")


def _joined(argument: str, zone: tzinfo) -> Filter:
    return lists.join(argument)


def _formatted(argument: str, zone: tzinfo) -> Filter:
    fault = times.bad_format(argument, reading=False)
    if fault:
        raise BadFilter(f"has the filter format with a form that {fault}")
    return times.write_as(argument, zone)


_WITH_ARGUMENT: dict[str, Callable[[str, tzinfo], Filter]] = {
    "truncate": _shortened,
    "join": _joined,
    "format": _formatted,
}
NAMES = (*_PLAIN, *_WITH_ARGUMENT, "default")


def filter_named(name: str, argument: str | None, zone: tzinfo) -> Filter:
    """Raises BadFilter."""
    if name in _PLAIN and argument is None:
        return _PLAIN[name]
    if name in _WITH_ARGUMENT and argument is not None:
        return _WITH_ARGUMENT[name](argument, zone)
    if name in _PLAIN:
        raise BadFilter(f"gives the filter {name} an argument; it takes none")
    if name in _WITH_ARGUMENT:
        raise BadFilter(f"has the filter {name} without its argument, as in {name}: …")
    raise BadFilter(f"has an unknown filter '{name}'; there are {', '.join(NAMES)}")
