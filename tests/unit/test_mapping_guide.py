"""Every example of docs/mapping.md does what the page says."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from feedback_bridge.config.text import one_document, read_documents
from feedback_bridge.mapping.checks import check
from feedback_bridge.mapping.compiled import compile_mapping
from feedback_bridge.mapping.document import parse_mapping
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan, Resolved
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.mapping.write import Write
from tests.unit.test_mapping_schemas import ORG

GUIDE = Path(__file__).parents[2] / "docs/mapping.md"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TRAITS = OrgTraits("Asia/Tokyo", allow_delete=True)
BLOCK = re.compile(r"^```yaml\n# ([a-z ]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
OUTCOMES = {"written", "skipped", "refused", "problems"}


@dataclass
class Example:
    heading: str
    blocks: dict[str, Any] = field(default_factory=dict)


def loaded(text: str) -> Any:
    return one_document(read_documents(text)).data


def examples() -> list[Example]:
    """One for each mapping; a feedback belongs to the example it stands in, the first one of the page to all."""
    text = GUIDE.read_text(encoding="utf-8")
    headings = [(found.start(), found[1]) for found in HEADING.finditer(text)]
    found: list[Example] = []
    waiting: dict[str, Any] = {}
    for block in BLOCK.finditer(text):
        kind, content = block[1], loaded(block[2]) if block[1] not in ("skipped", "refused") else block[2].strip()
        done = bool(found) and bool(OUTCOMES & found[-1].blocks.keys())
        if kind == "mapping":
            heading = [name for start, name in headings if start < block.start()][-1]
            found.append(Example(heading, {**waiting, "mapping": content}))
            waiting = {}
        elif kind == "feedback" and (done or not found):
            waiting = {"feedback": content}
        else:
            found[-1].blocks[kind] = content
    return found


EXAMPLES = examples()
FIRST_FEEDBACK = EXAMPLES[0].blocks["feedback"]


def whole(mapping: dict[str, Any]) -> dict[str, Any]:
    base = {"kind": "mapping", "id": "example", "source": "typeform-main", "on": "survey_response"}
    write = {"org": "production", "object": "Contact", **mapping["write"]}
    return {**base, **mapping, "write": write}


def shown(write: Write, documented: dict[str, Any]) -> dict[str, Any]:
    """A write in the words of the page; policies only where the page names them."""
    result: dict[str, Any] = {write.operation: write.object}
    if write.record_id:
        result["id"] = write.record_id
    if write.external_id:
        result["key"] = " = ".join(write.external_id)
    if write.operation != "delete":
        result["fields"] = dict(write.fields)
    if "duplicates" in documented:
        result |= {"duplicates": write.duplicates, "assignment_rules": write.assign}
    return result


def compare(writes: list[Write], documented: list[dict[str, Any]]) -> None:
    assert [shown(write, page) for write, page in zip(writes, documented, strict=True)] == documented


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.heading)
def test_the_example_does_what_the_page_says(example: Example) -> None:
    blocks = example.blocks
    document = parse_mapping(whole(blocks["mapping"]))
    problems = {problem.path: problem.message for problem in check(document, ORG, TRAITS)}
    assert problems == blocks.get("problems", {})
    if problems:
        return
    plan = compile_mapping(document, ORG, TRAITS).plan(blocks.get("feedback", FIRST_FEEDBACK), NOW)
    resolved = plan.resolve(blocks.get("found", [])) if isinstance(plan, Plan) else plan
    if isinstance(resolved, (Skipped, Rejected)):
        assert resolved.reason == blocks["skipped" if isinstance(resolved, Skipped) else "refused"]
        return
    compare(list(resolved.writes), blocks["written"])
    assert list(resolved.warnings) == blocks.get("warnings", [])
    compare(list(_afterwards(resolved, blocks.get("found afterwards", []))), blocks.get("written afterwards", []))


def _afterwards(resolved: Resolved, answers: list[Any]) -> Iterator[Write]:
    ids = [write.record_id or "a01000000000001AAA" for write in resolved.writes]
    waiting = list(answers)
    for child in resolved.children(ids):
        assert isinstance(child, Plan), child
        final = child.resolve([waiting.pop(0) for _ in child.queries])
        assert isinstance(final, Resolved), final
        yield from final.writes
    assert not waiting


def test_every_block_of_the_page_belongs_to_an_example() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert text.count("```yaml") == len(BLOCK.findall(text))
    assert len(EXAMPLES) >= 20


def test_the_page_names_every_operator_step_and_setting() -> None:
    from feedback_bridge.mapping.language import conditions, transforms, values, writes

    text = GUIDE.read_text(encoding="utf-8")
    models = (conditions.Comparison, values.FieldValue, values.Lookup, writes.MainWrite, writes.Match, writes.Follow)
    words = {info.alias or name for model in models for name, info in model.model_fields.items()}
    words |= set(conditions.Operator.__args__) | set(transforms.STEPS)
    assert [word for word in sorted(words) if not re.search(rf"\b{word}\b", text)] == []
