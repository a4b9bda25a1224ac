"""Writes docs/generated/coercion.md: value × Salesforce type, by running the rules that mappings run.

python docs/coercion_table.py
"""

import json
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/generated/coercion.md"
sys.path.insert(0, str(ROOT / "layers/feedback_bridge"))

from feedback_bridge.mapping.coercion import RULES, Terms, coercer  # noqa: E402
from feedback_bridge.mapping.field_types.unfit import Unfit  # noqa: E402
from feedback_bridge.mapping.schema import FieldSchema  # noqa: E402

ZONE = "Asia/Tokyo"
MOST_SHOWN = 12
COLOURS = frozenset({"Red", "Blue", "青"})
FIELDS: dict[str, list[tuple[str, FieldSchema]]] = {
    "string": [("length 12", FieldSchema("F", "F", "string", length=12))],
    "textarea": [
        ("length 12", FieldSchema("F", "F", "textarea", length=12)),
        ("rich text, length 40", FieldSchema("F", "F", "textarea", length=40, html=True)),
    ],
    "encryptedstring": [("length 175", FieldSchema("F", "F", "encryptedstring", length=175))],
    "combobox": [("length 255", FieldSchema("F", "F", "combobox", length=255, values=COLOURS))],
    "phone": [("length 40", FieldSchema("F", "F", "phone", length=40))],
    "email": [("length 80", FieldSchema("F", "F", "email", length=80))],
    "url": [("length 255", FieldSchema("F", "F", "url", length=255))],
    "picklist": [
        ("restricted to Red, Blue, 青", FieldSchema("F", "F", "picklist", values=COLOURS, restricted=True)),
        ("unrestricted", FieldSchema("F", "F", "picklist", values=COLOURS)),
    ],
    "multipicklist": [
        (
            "restricted to Red, Blue, 青",
            FieldSchema("F", "F", "multipicklist", length=4099, values=COLOURS, restricted=True),
        )
    ],
    "int": [("8 digits", FieldSchema("F", "F", "int", digits=8))],
    "double": [
        ("Number(4, 1)", FieldSchema("F", "F", "double", precision=4, scale=1)),
        ("latitude of a geolocation", FieldSchema("Place__Latitude__s", "F", "double", precision=18, scale=15)),
    ],
    "currency": [("Currency(18, 0)", FieldSchema("F", "F", "currency", precision=18, scale=0))],
    "percent": [("Percent(5, 2)", FieldSchema("F", "F", "percent", precision=5, scale=2))],
}
SAMPLES: tuple[Any, ...] = (
    "青", "red", "Red;Blue", ["Red", "青"], "a\nb", "とても長い文章がここに入ります", "<b>&", "😀",
    9, 7.25, 12345, "9", "９", "1,234", "¥1,200", "85%", True, "はい", "off",
    "2026-11-21", "2026-11-21T20:04:05Z", "2026年1月2日 3時4分", "21.11.2026", "1:05 PM",
    "ｈａｎａ@example.jp", "03-1234-5678", "https://example.jp/a", "javascript:alert(1)",
    "0035g00000ABCDe", "0035g00000ABCDeAAP", "0035g00000abcdeAAP", {"a": 1}, [], " ",
)  # fmt: skip


def page() -> str:
    lines = [
        "# What each Salesforce type takes",
        "",
        "Written by `python docs/coercion_table.py` from `feedback_bridge/mapping/coercion.py`: every line was run.",
        f"The org's time zone is {ZONE} here. Lengths are counted in UTF-16 code units: most characters are one,",
        "an emoji is two. Blank text and empty lists count as nothing found: the field is left alone.",
        "",
    ]
    for name, rule in RULES.items():
        lines += [f"## {name}", ""]
        if rule.build is None:
            lines += [f"Cannot be written: it {rule.refused}.", ""]
            continue
        lines += [f"Sends {rule.sends}.", ""]
        for note, field in FIELDS.get(name, [("", FieldSchema("F", "F", name))]):
            lines += [*([f"Example: {note}", ""] if note else []), *_table(field)]
    return "\n".join(lines).rstrip() + "\n"


def _table(field: FieldSchema) -> list[str]:
    coerce = coercer(field, Terms(ZoneInfo(ZONE)))
    same: list[str] = []
    changed: list[str] = []
    refused: dict[str, list[str]] = {}
    for sample in SAMPLES:
        notes: list[str] = []
        try:
            value = coerce(sample, notes)
        except Unfit as error:
            refused.setdefault(str(error), []).append(_cell(sample))
            continue
        if value is not None and (notes or (value, type(value)) != (sample, type(sample))):
            note = notes[0].partition(": ")[2] if notes else ""
            changed.append(f"| {_cell(sample)} | {_cell(value)} | {note} |")
        elif value is not None:
            same.append(_cell(sample))
    lines = [f"Sent as it is: {_some(same)}", ""] if same else []
    if changed:
        lines += ["| value | sent | note |", "|---|---|---|", *changed, ""]
    if refused:
        lines += ["| refused, because the value … | values |", "|---|---|"]
        lines += [f"| {_escaped(reason)} | {_some(values)} |" for reason, values in refused.items()]
        lines.append("")
    return lines


def _some(cells: list[str]) -> str:
    more = len(cells) - MOST_SHOWN
    return ", ".join(cells[:MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _cell(value: Any) -> str:
    return f"`{_escaped(json.dumps(value, ensure_ascii=False))}`"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
