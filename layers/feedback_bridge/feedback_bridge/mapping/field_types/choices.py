"""Choices: boolean, picklist (restricted or not), multipicklist."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from feedback_bridge.mapping.field_types.text import as_text, half_width, length_of, one_line
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit, no_value
from feedback_bridge.mapping.schema import FieldSchema

TRUE_WORDS = frozenset(
    {"true", "yes", "y", "t", "1", "on", "checked", "selected", "x", "はい", "同意する", "同意します", "有", "✓", "✔"}
)
FALSE_WORDS = frozenset(
    {"false", "no", "n", "f", "0", "off", "unchecked", "いいえ", "同意しない", "同意しません", "無"}
)
_VALUE_LENGTH = 255
_MOST_SELECTED = 100
_SHOWN = 12


def read_boolean(value: Any) -> bool:
    """What tools send for a tick: true, 1, `yes`, `on`, `はい`, or a list of the one ticked box. Raises Unfit."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, list) and len(value) == 1:
        return read_boolean(value[0])
    if isinstance(value, str):
        word = half_width(value).lower()
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
    raise no_value(value) if isinstance(value, dict) else Unfit("is neither yes nor no")


def boolean(field: FieldSchema) -> Coerce:
    def coerce(value: Any, notes: list[str]) -> bool | None:
        if value is True or value is False:
            return bool(value)
        return None if value in ("", []) or (isinstance(value, str) and not value.strip()) else read_boolean(value)

    return coerce


def fold(text: str) -> str:
    """The form in which two spellings of one choice are equal: case, width and surrounding space do not count."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def unique_folds(spellings: Mapping[str, str]) -> dict[str, str]:
    """Folded spelling -> value, without the spellings that two values share."""
    folded: dict[str, str | None] = {}
    for spelling, value in spellings.items():
        key = fold(spelling)
        folded[key] = value if folded.get(key, value) == value else None
    return {key: value for key, value in folded.items() if value is not None}


def choice(field: FieldSchema) -> Callable[[str, list[str]], str]:
    """One value of a picklist: as it is, or as the one value that it equals but for case and width, or by its label.

    A restricted picklist refuses anything else; an unrestricted one takes it, as Salesforce does, with a note.
    """
    values, folded = field.values, unique_folds({**field.labels, **{value: value for value in field.values}})

    def choose(text: str, notes: list[str]) -> str:
        if text in values:
            return text
        known = folded.get(fold(text))
        if known is not None:
            return known
        if field.restricted:
            raise Unfit(f"is none of the values of this picklist ({_listed(field)}); translate it with map")
        if length_of(text) > _VALUE_LENGTH:
            raise Unfit(f"is longer than a picklist value can be ({_VALUE_LENGTH} characters)")
        if values:
            notes.append(f"{field.name}: took a value that the picklist does not list")
        return text

    return choose


def _listed(field: FieldSchema) -> str:
    shown = sorted(field.values)
    return ", ".join(shown[:_SHOWN]) + (", …" if len(shown) > _SHOWN else "")


def picklist(field: FieldSchema) -> Coerce:
    values, choose = field.values, choice(field)

    def coerce(value: Any, notes: list[str]) -> str | None:
        if type(value) is str and value in values:
            return value
        if isinstance(value, list):
            if len(value) > 1:
                raise Unfit("is several choices, and this picklist takes one")
            value = value[0] if value else ""
        text = one_line(as_text(value)).strip()
        return choose(text, notes) if text else None

    return coerce


def multipicklist(field: FieldSchema) -> Coerce:
    """Choices joined with `;`, from a list or from text already joined so, each one once."""
    choose, limit = choice(field), field.length

    def coerce(value: Any, notes: list[str]) -> str | None:
        items = value if isinstance(value, list) else [value]
        parts = [part.strip() for item in items for part in one_line(as_text(item)).split(";")]
        chosen = list(dict.fromkeys(choose(part, notes) for part in parts if part))
        if len(chosen) > _MOST_SELECTED:
            raise Unfit(f"is more than {_MOST_SELECTED} choices")
        joined = ";".join(chosen)
        if limit and length_of(joined) > limit:
            raise Unfit(f"is longer than {limit} characters")
        return joined or None

    return coerce
