"""What the admin may have meant: the nearest name or picklist value, and a value table ready to be pasted."""

import difflib
import json
from collections.abc import Collection, Iterable

from feedback_bridge.mapping.field_types.choices import fold
from feedback_bridge.mapping.schema import FieldSchema

_NEAR = 0.6
_MOST_ROWS = 30


def nearest(word: str, known: Collection[str]) -> str | None:
    """The one known word that is spelt most like this one, if any is near."""
    folded = {fold(item): item for item in known}
    found = difflib.get_close_matches(fold(word), list(folded), n=1, cutoff=_NEAR)
    return folded[found[0]] if found else None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`; did you mean …?`, or nothing."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""


def value_table(values: Iterable[str], field: FieldSchema) -> str:
    """`map: {"promoter": "Promoter", …}` with the nearest value of the picklist, or `…` to be filled in by hand."""
    labels = {**field.labels, **{value: value for value in field.values}}
    rows = []
    for value in list(values)[:_MOST_ROWS]:
        near = nearest(value, labels)
        rows.append(
            f"{json.dumps(value, ensure_ascii=False)}: {json.dumps(labels[near], ensure_ascii=False) if near else '…'}"
        )
    return "map: {" + ", ".join(rows) + "}"
