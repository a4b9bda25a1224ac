"""Config documents read from YAML 1.2 and JSON: what the text says, where it says it, and what is refused."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.config.text import Unreadable, one_document, read_documents, read_json

SCALARS = st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
ANY_JSON = st.recursive(
    SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def read(text: str) -> Any:
    return one_document(read_documents(text)).data


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"),
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("+09:00", "+09:00"),
        ("12:30:45", "12:30:45"),
        ("2026-11-21", "2026-11-21"),
        ("0123", 123),
        ("0o17", 15),
        ("0x1f", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        ("62.0", 62.0),
        ('"62.0"', "62.0"),
        ("'on'", "on"),
        (".inf", ".inf"),
        ("日本語", "日本語"),
        ("!!str 5", "5"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(written: str, meant: Any) -> None:
    value = read(f"key: {written}")["key"]
    assert value == meant
    assert type(value) is type(meant)


def test_the_key_on_is_a_word() -> None:
    assert read("on: survey_response") == {"on": "survey_response"}


def test_block_scalars_keep_their_lines() -> None:
    assert read("text: |\n  一行目\n  二行目\n") == {"text": "一行目\n二行目\n"}


def test_every_path_knows_its_line() -> None:
    (text,) = read_documents("kind: mapping\nwrite:\n  fields:\n    A: {from: x}\n    B:\n      - 1\n      - {c: 2}\n")
    assert {path: text.line(path) for path in ("", "kind", "write.fields.A.from", "write.fields.B[1].c")} == {
        "": 1,
        "kind": 1,
        "write.fields.A.from": 4,
        "write.fields.B[1].c": 7,
    }


def test_what_is_missing_is_looked_for_where_it_would_be() -> None:
    (text,) = read_documents("a: 1\nb:\n  c: 2\n")
    assert [text.line(path) for path in ("b.d", "b.c.e[3].f", "z", "z.y")] == [2, 3, 1, 1]


def test_several_documents_count_their_lines_in_the_file() -> None:
    first, second = read_documents("# Kommentar\na: 1\n---\n---\nb: 2\n")
    assert (first.line("a"), second.line("b")) == (2, 5)


def test_aliases_are_spelled_out() -> None:
    data = read("a: &x {q: [1]}\nb: *x\n")
    assert data == {"a": {"q": [1]}, "b": {"q": [1]}}
    assert data["a"] is not data["b"]


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "a: 1\na: 2",
        '{"a": 1, "a": 2}',
        "a: &x [*x]",
        "a: *nothing",
        "? [a]\n: b",
        "? {a: b}\n: c",
        "a: !!python/object/apply:os.system [id]",
        "a: !secret x",
        "a: 1e999",
        "[" * 65 + "]" * 65,
        "[" * 100_000,
        "a: \x00",
        "a:\n\t- b",
        "\n".join(f"x{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" if n else "x: &a1 [1]" for n in range(9)),
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_or_costs_too_much_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(text)


def test_a_refusal_names_the_line() -> None:
    with pytest.raises(Unreadable) as refused:
        read("a: 1\nb: 2\na: 3\n")
    assert refused.value.line == 3


@given(ANY_JSON)
def test_any_json_document_is_read_as_it_is(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=True)
    assert read_json(text).data == data


@given(
    st.dictionaries(
        st.text(), st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
    )
)
def test_texts_that_a_yaml_program_writes_are_read_as_they_were_meant(data: Any) -> None:
    assert read(yaml.safe_dump(data, allow_unicode=True, default_style='"')) == data


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        documents = read_documents(text)
    except Unreadable:
        return
    for document in documents:
        json.dumps(document.data, allow_nan=False)
        assert document.line("no.such[0].path") >= 1


def test_json_keeps_characters_beyond_the_basic_plane_and_its_lines() -> None:
    text = read_json('{\n "a": "\\ud83d\\ude00",\n "b": [\n  {"c": null}\n ]\n}')
    assert text.data == {"a": "😀", "b": [{"c": None}]}
    assert (text.line("a"), text.line("b[0].c")) == (2, 4)
