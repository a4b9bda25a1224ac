"""Writes docs/schemas/: the JSON Schemas of config documents, as the code has them.

python docs/schemas.py
"""

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/schemas"
sys.path.insert(0, str(ROOT / "layers/feedback_bridge"))

from feedback_bridge.config.kinds import KINDS  # noqa: E402
from feedback_bridge.config.schemas import any_document  # noqa: E402


def files() -> dict[str, str]:
    """Name -> text: one for each kind, and one for files that hold several."""
    schemas = {"document": any_document(), **{kind.name: kind.schema() for kind in KINDS}}
    return {f"{name}.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n" for name, schema in schemas.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    print(f"wrote {FOLDER.relative_to(ROOT)}")
