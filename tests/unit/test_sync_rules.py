"""The rules of a sync that need neither AWS nor Salesforce: keys, values, comparison, guards, cutting."""

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.errors import PermanentError
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.schema import FieldSchema
from feedback_bridge.sync import partitions
from feedback_bridge.sync.compare import compare
from feedback_bridge.sync.document import Guards, PushedField
from feedback_bridge.sync.guards import Found, objections
from feedback_bridge.sync.keys import number_key, record_id_key, text_key
from feedback_bridge.sync.lines import lines, whole_lines
from feedback_bridge.sync.partitions import Cut, Table, part_of, parts_for, same_keys, unpacked
from feedback_bridge.sync.rows import as_text
from feedback_bridge.sync.values import SAME, Values, values_of

TEXT = st.text(max_size=40)


def column(field_type: str, *, clears: bool = False, multiply: float | None = None, **more: Any) -> Values:
    schema = FieldSchema("Pendo_Field__c", "項目", field_type, **{"length": 255, "precision": 10, **more})
    return values_of(schema, PushedField.model_validate({"from": "x", "multiply": multiply}), clears=clears, zone=UTC)


@given(TEXT)
def test_a_key_in_its_one_form_is_its_own_form(text: str) -> None:
    key = text_key(text)
    assert key is None or text_key(key) == key


@given(TEXT)
def test_blanks_around_a_key_mean_nothing(text: str) -> None:
    assert text_key(f" \u3000{text}\t ") == text_key(text)


@given(st.text("ABCdef0123456789-_.@", max_size=30))
def test_full_width_and_capitals_mean_nothing(text: str) -> None:
    wide = "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)
    assert text_key(wide) == text_key(text) == text_key(text.swapcase())


@pytest.mark.parametrize("text", ["", "   ", "\u3000", "x" * 501])
def test_what_identifies_nothing_is_no_key(text: str) -> None:
    assert text_key(text) is None


@given(st.integers(-(10**18), 10**18))
def test_a_number_is_one_key_however_it_is_written(number: int) -> None:
    assert number_key(str(number)) == number_key(f" {number}.0 ") == number_key(f"{number}.000") == str(number)


@pytest.mark.parametrize("text", ["", "abc", "NaN", "1e999999", "Infinity"])
def test_what_is_no_number_is_no_number_key(text: str) -> None:
    assert number_key(text) is None


def test_short_and_long_ids_are_one_key_and_a_mistyped_one_is_none() -> None:
    assert record_id_key("0035g00000ABCDe") == record_id_key(" 0035g00000ABCDeAAP ") == "0035g00000ABCDeAAP"
    assert record_id_key("0035g00000abcdeAAP") is None


@given(st.text(min_size=1, max_size=30), st.integers(0, 8), st.integers(0, 8))
def test_a_key_lies_where_an_earlier_cut_says(key: str, now: int, earlier: int) -> None:
    parts, before = 2**now, 2**earlier
    assert part_of(key, before) in same_keys(part_of(key, parts), parts, before)


@given(st.integers(0, 10_000_000), st.integers(3, 60))
def test_no_part_is_larger_than_memory_allows(rows: int, width: int) -> None:
    parts = parts_for(rows, width)
    assert parts & (parts - 1) == 0
    assert rows * width <= parts * 320_000


@given(st.lists(st.tuples(st.text(max_size=9), TEXT, TEXT), max_size=50), st.integers(0, 4), st.integers(1, 200))
def test_rows_that_were_cut_come_back_once_each_and_in_their_part(rows: Any, power: int, chunk: int) -> None:
    parts = 2**power
    cut = Cut(text_key, parts, width=4, keep=0)
    with patch.object(partitions, "BYTES_A_CHUNK", chunk):
        chunks = list(cut.chunks(rows))
    back = []
    for part in range(parts):
        table = unpacked((bytes(segments[part]) for segments in chunks), 4)
        assert all(part_of(key, parts) == part for key in table[0])
        back += list(zip(*table, strict=True))
    assert sorted(back) == sorted((text_key(row[0]), *row) for row in rows if text_key(row[0]) is not None)
    assert (cut.rows, sorted(cut.unread)) == (len(rows), sorted(row[0] for row in rows if text_key(row[0]) is None))


def test_a_row_that_is_cut_short_is_not_taken_for_another_one() -> None:
    with pytest.raises(PermanentError, match="different lengths"):
        list(Cut(text_key, 1, width=3, keep=0).chunks([("a", "1"), ("b",)]))


@given(st.lists(st.text("ab\n\u2028 あ", max_size=12)), st.integers(1, 9))
def test_bytes_in_blocks_become_the_lines_that_they_are(texts: list[str], size: int) -> None:
    whole = "".join(texts).encode()
    blocks = [whole[at : at + size] for at in range(0, len(whole), size)]
    cut = list(whole_lines(blocks))
    assert b"".join(cut) == whole
    assert all(block.endswith(b"\n") for block in cut[:-1])
    found = [line for block in cut for line in lines(block.decode())]
    assert found == [line for line in re.split(r"(?<=\n)", whole.decode()) if line]


@given(st.integers(-(10**7), 10**7))
def test_a_number_that_salesforce_holds_already_is_not_written(number: int) -> None:
    assert column("double", scale=2).change(str(number), f"{number}.0") is SAME
    assert column("double", scale=2).change(str(number), f"{number + 1}.0") == number


@pytest.mark.parametrize(
    ("field_type", "told", "held"),
    [
        ("boolean", "TRUE", "true"),
        ("datetime", "2026-11-21T12:00:00+09:00", "2026-11-21T03:00:00.000Z"),
        ("date", "2026/11/21", "2026-11-21"),
        ("textarea", "一\n二", "一\r\n二"),
        ("string", " 東京 ", "東京"),
        ("percent", "85%", "85.0"),
        ("double", "", ""),
    ],
)
def test_the_same_value_in_other_words_is_not_written(field_type: str, told: str, held: str) -> None:
    assert column(field_type, length=200).change(told, held) is SAME


def test_an_empty_cell_keeps_or_clears() -> None:
    assert column("double").change("", "5") is SAME
    assert column("double", clears=True).change(" ", "5") is None
    assert column("double", clears=True).change("", "") is SAME


def test_an_nps_that_was_scaled_down_can_be_scaled_up_and_a_real_one_stays_real() -> None:
    assert column("double", multiply=100).change("-0.37", "") == -37
    assert column("double").change("-37", "") == -37
    assert column("double").change("100", "") == 100
    assert column("double", multiply=100).change("1", "1") == 100


@pytest.mark.parametrize("told", ["many", "#N/A", "12345678901"])
def test_a_value_that_does_not_fit_is_refused(told: str) -> None:
    with pytest.raises(Unfit):
        column("double").change(told, "5")


KEYS = st.sampled_from(["a", "b", "c", "d"])
ROWS = st.lists(st.tuples(KEYS, st.sampled_from(["1", "2", ""])), max_size=8)


def table(rows: Sequence[Sequence[str]]) -> Table:
    return [[row[at] for row in rows] for at in range(3)]


@given(ROWS, ROWS)
def test_every_row_is_written_unchanged_or_told_and_nothing_twice(rows: Any, records: Any) -> None:
    told = [(key, key.upper(), value) for key, value in rows]
    held = [(key, f"id{index}", value) for index, (key, value) in enumerate(records)]
    found = compare(table(told), table(held), [column("double")])
    touched = [change.record_id for change in found.changes]
    assert len(touched) == len(set(touched))
    assert len(rows) == found.matched + sum(issue.trouble in ("unmatched", "ambiguous") for issue in found.issues)
    unique = {key for key, *_ in told if [row[0] for row in told].count(key) == 1}
    assert {change.key.lower() for change in found.changes} <= unique


@given(ROWS, ROWS)
def test_after_what_was_written_there_is_nothing_to_write(rows: Any, records: Any) -> None:
    told = [(key, key, value) for key, value in rows]
    held = [[key, f"id{index}", value] for index, (key, value) in enumerate(records)]
    columns = [column("double", clears=True)]
    for change in compare(table(told), table(held), columns).changes:
        for record in held:
            if record[1] == change.record_id:
                value = change.fields["Pendo_Field__c"]
                record[2] = "" if value is None else f"{value}.0"
    assert compare(table(told), table(held), columns).changes == []


def test_few_rows_and_many_cleared_values_are_objected_to() -> None:
    guards = Guards()
    assert objections(guards, Found(60), 100) == []
    assert "usual" not in str(objections(guards, Found(60), None))
    assert "The tool gave 40 rows; the last good run had 100." in objections(guards, Found(40), 100)
    assert objections(guards, Found(0), None) == ["The tool gave no rows at all."]
    assert objections(guards, Found(9, cleared={"F": 30}, held={"F": 100}), None) != []
    assert objections(guards, Found(9, cleared={"F": 10}, held={"F": 10}), None) == []
    assert objections(guards, Found(100, ambiguous=21), None) == ["The key is not unique: 21 of 100 rows share theirs."]
    assert objections(guards, Found(100, ambiguous=20), None) == objections(guards, Found(10, ambiguous=10), None) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (3, "3"), ("あ", "あ"), (["a", "b"], "a;b"), ({"a": "あ"}, '{"a": "あ"}')],
)
def test_json_values_become_text(value: Any, text: str) -> None:
    assert as_text(value) == text
