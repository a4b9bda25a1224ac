"""The examples that ship with the project are documents that can come into force."""

from pathlib import Path

import pytest

from cli.documents import read_all
from feedback_bridge.config.lifecycle import references

EXAMPLES = Path(__file__).parents[2] / "examples"
VALUES = [
    "SALESFORCE_URL=https://example.my.salesforce.com",
    "QUALTRICS_URL=https://fra1.qualtrics.com",
    "CAMPAIGN_ID=701000000000001AAA",
]


@pytest.mark.parametrize(
    "folder", sorted(item for item in EXAMPLES.iterdir() if item.is_dir()), ids=lambda item: item.name
)
def test_an_example_is_valid_and_complete(folder: Path) -> None:
    documents = read_all([str(folder)], VALUES)
    known = {(document.kind.name, document.id) for document in documents}
    for document in documents:
        for named in references(document.kind.name, document.kind.parse(document.data)):
            assert (named.kind, named.id) in known, f"{document.place(named.path)}: {named.id}"
