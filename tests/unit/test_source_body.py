"""Bodies at their bounds: what is readable, what is refused, and that a refusal repeats nothing of the content."""

import contextlib
import json
import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.tool import Unreadable, UnsupportedType

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**37), 10**37)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), children, max_size=4)
    ),
    max_leaves=30,
)


@given(JSON_VALUES)
def test_every_json_value_comes_back_as_it_was_written(value: object) -> None:
    assert bodies.json_value(json.dumps(value, ensure_ascii=False).encode()) == value
    assert bodies.json_value(json.dumps(value).encode()) == value


@given(st.binary())
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (bodies.json_value, bodies.json_object, bodies.form_fields):
        with contextlib.suppress(Unreadable):
            read(body)


def test_a_byte_order_mark_is_skipped() -> None:
    assert bodies.json_value(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "shift_jis", "euc_jp", "latin-1"])
def test_json_in_another_encoding_is_refused(encoding: str) -> None:
    text = '{"name": "é"}' if encoding == "latin-1" else '{"name": "佐藤"}'
    with pytest.raises(Unreadable):
        bodies.json_value(text.encode(encoding))


def nested(levels: int) -> bytes:
    return b'{"a":[' * (levels // 2) + b"1" + b"]}" * (levels // 2)


def test_64_levels_are_read_and_65_are_not() -> None:
    assert bodies.json_value(nested(64))
    for body in (nested(66), b"[" * 65 + b"]" * 65):
        with pytest.raises(Unreadable, match="more than 64 levels"):
            bodies.json_value(body)


@pytest.mark.parametrize("body", [b"[" * 500_000, b'{"a":' * 100_000, b"[" * 5000 + b"]" * 5000])
def test_a_nesting_bomb_is_refused_and_not_run_into(body: bytes) -> None:
    with pytest.raises(Unreadable):
        bodies.json_value(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"score": 9, "score": 1}',
        b'{"a": {"b": 1, "c": 2, "b": 1}}',
        b'{"score": NaN}',
        b"[-Infinity]",
        b"[1e400]",
        b"[" + b"9" * 39 + b"]",
        b"[" + b"9" * 100_000 + b"]",
        b"[1] [2]",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'["tab\there"]',
        b'["\\x"]',
        b"",
        b" ",
        b"\x00",
    ],
)
def test_what_two_programs_could_read_differently_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        bodies.json_value(body)


def test_half_of_a_surrogate_pair_is_replaced_and_the_rest_kept() -> None:
    body = rb'{"comment": "great \ud83d", "\udc4d": ["\ud83d\ude00", "\\ud83d"]}'
    assert bodies.json_value(body) == {"comment": "great \ufffd", "\ufffd": ["😀", "\\ud83d"]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{\n  "name": "hanako" "x"}', "line 2, column 20"),
        (b'{"name": "hanako\xff"}', "byte 16"),
        (b'{"hanako": 1, "hanako": 2}', "same key twice"),
    ],
)
def test_a_refusal_says_where_and_repeats_nothing(body: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        bodies.json_value(body)
    assert said in str(refused.value)
    assert "hanako" not in str(refused.value)


@given(
    st.lists(
        st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
    )
)
def test_a_form_comes_back_with_repeated_names_as_lists(pairs: list[tuple[str, str]]) -> None:
    found = bodies.form_fields(urlencode(pairs).encode())
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    assert {name: value if isinstance(value, list) else [value] for name, value in found.items()} == expected


@pytest.mark.parametrize("body", [b"name=%82%b1", b"name=\xe3\x81", b"%ff=1"])
def test_a_form_that_is_not_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        bodies.form_fields(body)


def test_a_form_has_a_bounded_number_of_fields() -> None:
    assert len(bodies.form_fields(b"&".join(b"f%d=1" % n for n in range(1000)))) == 1000
    with pytest.raises(Unreadable, match="more than 1000 fields"):
        bodies.form_fields(b"a=1&" * 100_000)


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        ("application/json", True),
        ("Application/JSON ; charset=UTF-8", True),
        ("application/vnd.surveymonkey.response.v1+json", True),
        ("application/x+json", True),
        ("text/plain", False),
        ("image/svg+json", False),
        ("applicationx/json", False),
        ("", False),
    ],
)
def test_json_goes_by_several_names(header: str, fits: bool) -> None:
    if fits:
        bodies.require(header, bodies.JSON)
    else:
        with pytest.raises(UnsupportedType):
            bodies.require(header, bodies.JSON)


def test_the_time_to_refuse_grows_with_the_size_and_not_with_its_square() -> None:
    """A body of quotes and backslashes, four times as large, may take four times as long; sixteen would be a lever."""

    def seconds(size: int) -> float:
        started = time.perf_counter()
        with pytest.raises(Unreadable):
            bodies.json_value(b'["' + b'\\"' * size)
        return time.perf_counter() - started

    small = min(seconds(100_000) for _ in range(5))
    large = min(seconds(400_000) for _ in range(5))
    assert large < 12 * small
