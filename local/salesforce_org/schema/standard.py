"""Reads the standard objects: `objects.yaml` and one table of fields for each in `standard/`.

Columns: name, label, type, size, flags, default, compound, reference, relationship, children, values.
`size` is a length, or digits for int, or "precision,scale". Flags: c createable, u updateable, n nillable,
d defaulted on create, r restricted picklist, l idLookup, N name field, a auto number, v always visible
(field-level security cannot hide it).
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import yaml

from .model import Field, PicklistValue, Schema, SObject

FOLDER = Path(__file__).parent


def load_standard() -> Schema:
    schema = Schema()
    facts: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "objects.yaml").read_text(encoding="utf-8"))
    for name, fact in facts.items():
        item = SObject(
            name=name,
            label=fact["label"],
            plural=fact["plural"],
            prefix=str(fact["prefix"]),
            verbs=fact["verbs"],
            locks=tuple(fact.get("locks", ())),
        )
        for row in _rows(FOLDER / "standard" / f"{name}.tsv"):
            item.fields[row["name"]] = _field(row)
        item.reindex()
        schema.objects[name] = item
    schema.reindex()
    return schema


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))


def _field(row: dict[str, str]) -> Field:
    flags, kind, size = row["flags"], row["type"], row["size"]
    item = Field(
        name=row["name"],
        label=row["label"],
        type=kind,
        createable="c" in flags,
        updateable="u" in flags,
        nillable="n" in flags,
        defaulted="d" in flags,
        restricted="r" in flags,
        id_lookup="l" in flags,
        name_field="N" in flags,
        always_visible="v" in flags,
        auto_number="{00000000}" if "a" in flags else None,
        compound=row["compound"] or None,
        reference_to=tuple(row["reference"].split(",")) if row["reference"] else (),
        relationship=row["relationship"] or None,
        children=row["children"] or None,
        values=[PicklistValue(v, v, v == row["default"]) for v in row["values"].split("|")] if row["values"] else [],
        default=_default(kind, row["default"]),
    )
    if kind in ("double", "currency", "percent"):
        item.precision, item.scale = (int(part) for part in size.split(","))
    elif kind == "int":
        item.digits = int(size)
    elif kind in ("id", "reference"):
        item.length = 18
    elif size:
        item.length = int(size)
    return item


def _default(kind: str, text: str) -> str | float | bool | None:
    if kind == "boolean":
        return text == "true"
    if kind == "int" and text:
        return int(text)
    return text or None
