"""Every document of docs/nps.md is one that can be published; every path exists."""

import re
from pathlib import Path
from typing import Any

import pytest

from feedback_bridge.config.kinds import kind_named
from feedback_bridge.config.text import one_document, read_documents
from feedback_bridge.feedback.model import Account, AccountNps, Health, HealthPart, Nps
from feedback_bridge.nps.signals import SIGNALS

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "nps.md").read_text(encoding="utf-8")
BLOCKS = [
    one_document(read_documents(block)).data
    for block in re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
]

REST_OF_SOURCE = {"type": "typeform", "secret": "typeform-main"}


@pytest.mark.parametrize("document", [block for block in BLOCKS if "kind" in block], ids=lambda block: block["kind"])
def test_a_document_of_the_guide_can_be_read(document: dict[str, Any]) -> None:
    kind = kind_named(document["kind"])
    assert kind is not None
    assert kind.parse({**REST_OF_SOURCE, **document} if kind.name == "source" else document)


def test_the_guide_names_every_signal() -> None:
    table = TEXT.partition("## Signals")[2].partition("## ")[0]
    assert [name for name in SIGNALS if f"`{name}`" not in table] == []


def test_the_paths_that_the_guide_names_are_those_of_the_feedback() -> None:
    named = set(re.findall(r"`((?:nps|account)\.[a-z_.]+)`", TEXT.partition("## Which account")[0]))
    known = {f"nps.{name}" for name in Nps.model_fields} | {f"account.{name}" for name in Account.model_fields}
    known |= {f"account.nps.{name}" for name in AccountNps.model_fields}
    assert named <= known
    health = set(re.findall(r"`\.([a-z]+)`", TEXT.partition("`account.health.score`")[2].partition("are told")[0]))
    assert health <= Health.model_fields.keys() | HealthPart.model_fields.keys() | {"parts"}
