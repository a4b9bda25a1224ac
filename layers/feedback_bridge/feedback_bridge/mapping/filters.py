"""The filters of a template slot: `{{ path | upper }}`, `{{ path | join: "、" }}`."""

from collections.abc import Callable
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text, shorten

Filter = Callable[[Any], Any]


class BadFilter(ValueError):
    """There is no such filter, or its argument is wrong; the sentence says which."""


def _shortened(argument: str) -> Filter:
    if not argument.isdecimal() or int(argument) < 1:
        raise BadFilter("has the filter truncate without a length, as in truncate: 80")
    limit = int(argument)
    return lambda value: shorten(as_text(value), limit)


def _joined(argument: str) -> Filter:
    return lambda value: argument.join(as_text(item) for item in value) if isinstance(value, list) else value


_PLAIN: dict[str, Filter] = {
    "upper": lambda value: as_text(value).upper(),
    "lower": lambda value: as_text(value).lower(),
    "trim": lambda value: as_text(value).strip(),
}
_WITH_ARGUMENT: dict[str, Callable[[str], Filter]] = {"truncate": _shortened, "join": _joined}
NAMES = (*_PLAIN, *_WITH_ARGUMENT, "default")


def filter_named(name: str, argument: str | None) -> Filter:
    """Raises BadFilter."""
    if name in _PLAIN and argument is None:
        return _PLAIN[name]
    if name in _WITH_ARGUMENT and argument is not None:
        return _WITH_ARGUMENT[name](argument)
    if name in _PLAIN:
        raise BadFilter(f"gives the filter {name} an argument; it takes none")
    if name in _WITH_ARGUMENT:
        raise BadFilter(f"has the filter {name} without its argument, as in {name}: …")
    raise BadFilter(f"has an unknown filter '{name}'; there are {', '.join(NAMES)}")
