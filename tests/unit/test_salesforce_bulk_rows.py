"""A write as a row of a CSV file, and the file's rows found again in a result."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.bulk_rows import NULL, Sheet, fingerprint, fits_bulk, row_of, updates

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


def read_back(sheet: Sheet) -> list[list[str]]:
    assert sheet.file is not None
    sheet.file.seek(0)
    return list(csv.reader(io.StringIO(sheet.file.read().decode(), newline="")))


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=20))
def test_any_text_is_read_from_the_file_as_it_was(texts: list[tuple[str, str]]) -> None:
    sheet = Sheet(("K__c", "A", "B"), few=0)
    for position, (a, b) in enumerate(texts):
        write = Write("A__c", "upsert", {"B": b, "A": a}, external_id=("K__c", f"k{position}"))
        sheet.add(position, write, row_of(write))
    rows = read_back(sheet)
    assert rows[0] == ["K__c", "A", "B"]
    assert rows[1:] == [[f"k{position}", a or NULL, b or NULL] for position, (a, b) in enumerate(texts)]


VALUES = [
    (None, NULL),
    ("", NULL),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (6.5, "6.5"),
    (1e22, "1e+22"),
    ("2026-11-21T03:04:05.000+0000", "2026-11-21T03:04:05.000+0000"),
    ("Gold;Silver", "Gold;Silver"),
]


@pytest.mark.parametrize(("value", "cell"), VALUES)
def test_a_value_is_written_as_csv_wants_it(value: object, cell: str) -> None:
    assert row_of(Write("A__c", "insert", {"A": value})).cells == [cell]


def test_the_key_comes_first_and_once() -> None:
    upsert = row_of(Write("A__c", "upsert", {"B": 1, "K__c": "other", "A": 2}, external_id=("K__c", "k")))
    assert (upsert.columns, upsert.cells, upsert.key) == (("K__c", "A", "B"), ["k", "2", "1"], "k")
    update = row_of(Write("A__c", "update", {"B": 1}, record_id="a00"))
    assert (update.columns, update.cells, update.key) == (("Id", "B"), ["a00", "1"], "a00")
    delete = row_of(Write("A__c", "delete", {"B": 1}, record_id="a00"))
    assert (delete.columns, delete.cells) == (("Id",), ["a00"])


@given(st.lists(TEXT, max_size=5))
def test_a_row_is_known_again_however_its_line_ends_and_nulls_come_back(cells: list[str]) -> None:
    shown = [cell.replace("\r\n", "\n").replace("\r", "\n") if cell != NULL else "" for cell in cells]
    assert fingerprint(shown) == fingerprint(cells)


UNFIT = [
    Write("Lead", "insert", {"LastName": "x"}),
    Write("Case", "update", {"Subject": "x"}, record_id="500"),
    Write("A__c", "insert", {"A": "x"}, duplicates="allow"),
    Write("A__c", "insert", {"A": "x"}, duplicates="use_match"),
    Write("A__c", "insert", {"A": NULL}),
    Write("A__c", "insert", {"A": "x" * 32_001}),
    Write("A__c", "insert", {f"A{number}": "x" * 30_000 for number in range(14)}),
    Write("A__c", "insert", {"Parent__r": {"K__c": "x"}}),
    Write("A__c", "upsert", {"A": "x"}),
    Write("A__c", "update", {"A": "x"}),
    Write("A__c", "delete"),
    Write("FeedItem", "chatter_post", {"Body": "x"}),
]


@pytest.mark.parametrize("write", UNFIT)
def test_what_bulk_would_do_differently_does_not_fit_it(write: Write) -> None:
    assert not fits_bulk(write)


def test_deletes_and_leads_without_assignment_rules_fit_bulk() -> None:
    assert fits_bulk(Write("Lead", "delete", record_id="00Q"))
    assert fits_bulk(Write("Lead", "insert", {"LastName": "x"}, assign=False))


@given(st.lists(st.dictionaries(st.sampled_from("ABC"), TEXT | st.none(), max_size=3), min_size=1, max_size=10))
def test_an_update_file_keeps_every_text_and_leaves_alone_what_a_row_does_not_have(
    changes: list[dict[str, str | None]],
) -> None:
    text = updates([(f"id{number}", fields) for number, fields in enumerate(changes)]).decode()
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert len(rows) == len(changes)
    for number, (fields, row) in enumerate(zip(changes, rows, strict=True)):
        told = dict(zip(header, row, strict=True))
        assert told.pop("Id") == f"id{number}"
        assert told == {name: (fields[name] or NULL) if name in fields else "" for name in told}
