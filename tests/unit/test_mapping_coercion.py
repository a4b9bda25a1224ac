"""Value × Salesforce type: what is sent, or which problem."""

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.feedback.record_id import checksum
from feedback_bridge.mapping.coercion import RULES, NotWritable, Terms, coercer
from feedback_bridge.mapping.field_types.text import length_of, shorten
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.schema import FieldSchema

TERMS = Terms(ZoneInfo("Asia/Tokyo"))
SHORTENING = Terms(ZoneInfo("Asia/Tokyo"), truncate=True)
BANDS = frozenset({"Promoter", "Passive", "Detractor"})
TYPICAL = ["はい", "2026-11-21T03:04Z", "９", "1,200円", "85%", "003000000000001AAA", "a@example.jp", "\ud800", "\x00b"]
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(TYPICAL),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
FIELDS = st.builds(
    FieldSchema,
    name=st.sampled_from(["F__c", "Place__Latitude__s"]),
    label=st.just("F"),
    type=st.sampled_from(sorted(name for name, rule in RULES.items() if rule.build)),
    length=st.sampled_from([0, 1, 2, 20, 255]),
    precision=st.sampled_from([0, 3, 18]),
    scale=st.sampled_from([0, 2]),
    digits=st.sampled_from([0, 2, 9]),
    restricted=st.booleans(),
    html=st.booleans(),
    values=st.sampled_from([frozenset(), BANDS]),
)
SENT = {
    "boolean": lambda value: type(value) is bool,
    "int": lambda value: type(value) is int,
    "long": lambda value: type(value) is int,
    "double": lambda value: type(value) in (int, float),
    "currency": lambda value: type(value) in (int, float),
    "percent": lambda value: type(value) in (int, float),
    "date": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\d", value),
    "datetime": lambda value: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", value),
    "time": lambda value: re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}Z", value),
    "id": lambda value: len(value) == 18 and checksum(value[:15]) == value[15:],
    "reference": lambda value: len(value) == 18 and checksum(value[:15]) == value[15:],
}


def sent(kind: str, value: Any, terms: Terms = TERMS, **traits: Any) -> Any:
    return coercer(FieldSchema("F", "F", kind, **traits), terms)(value, [])


def attempt(field: FieldSchema, value: Any, terms: Terms) -> tuple[Any, str | None]:
    """What is sent, or the problem."""
    try:
        return coercer(field, terms)(value, []), None
    except Unfit as error:
        return None, str(error)


@given(field=FIELDS, value=JSON_VALUES, truncate=st.booleans())
def test_any_value_becomes_what_the_type_takes_or_a_problem(field: FieldSchema, value: Any, truncate: bool) -> None:
    result, problem = attempt(field, value, Terms(TERMS.zone, truncate))
    if result is None:
        assert problem != ""
        return
    json.dumps(result, allow_nan=False).encode()
    if field.type in SENT:
        assert SENT[field.type](result)
    else:
        assert type(result) is str
        assert result.encode("utf-8")
        assert not field.length or length_of(result) <= field.length or field.type == "picklist"
    if field.restricted and field.values and field.type in ("picklist", "multipicklist"):
        assert set(result.split(";")) <= field.values


@given(field=FIELDS.filter(lambda field: not field.html), value=JSON_VALUES)
def test_what_is_sent_would_be_sent_again_unchanged(field: FieldSchema, value: Any) -> None:
    coerce = coercer(field, SHORTENING)
    try:
        once = coerce(value, [])
    except Unfit:
        return
    if once is not None:
        assert coerce(once, []) == once


@given(field=FIELDS, value=st.text(min_size=6))
def test_a_problem_never_repeats_the_value(field: FieldSchema, value: str) -> None:
    _, problem = attempt(field, f"秘密{value}密秘", TERMS)
    assert "秘密" not in (problem or "")


@given(text=st.text(), limit=st.integers(1, 20))
def test_shortening_never_cuts_a_character_in_two(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert length_of(short) <= limit
    assert text.startswith(short)


def test_an_emoji_counts_twice_as_in_apex() -> None:
    assert sent("string", "😀😀", length=4) == "😀😀"
    with pytest.raises(Unfit, match="longer than 3"):
        sent("string", "😀😀", length=3)
    assert sent("string", "😀😀", SHORTENING, length=3) == "😀"


def test_shortened_text_is_said_on_the_delivery() -> None:
    notes: list[str] = []
    field = FieldSchema("Comment__c", "コメント", "textarea", length=4)
    assert coercer(field, SHORTENING)("とても良かった", notes) == "とても良"
    assert notes == ["Comment__c: shortened to 4 characters"]


@given(st.text(alphabet="<>&'\"a\nあ😀", max_size=60), st.integers(6, 40))
def test_rich_text_is_escaped_and_its_escapes_count(text: str, length: int) -> None:
    result = sent("textarea", text, SHORTENING, length=length, html=True)
    if result is not None:
        assert length_of(result) <= length
        assert "<" not in result.replace("<br>", "")


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", min_size=15, max_size=15))
def test_an_id_that_lost_its_case_on_the_way_is_noticed(short: str) -> None:
    full = sent("reference", short)
    assert sent("reference", full) == full
    if short.lower() != short:
        with pytest.raises(Unfit, match="changed on the way"):
            sent("reference", full[:15].lower() + full[15:])


@pytest.mark.parametrize("known", ["001D000000IRFmaIAH", "0012g00000S5ZCbAAN"])
def test_the_checksum_is_salesforces_own(known: str) -> None:
    assert known[15:] == checksum(known[:15])


@pytest.mark.parametrize(
    "word", [True, 1, "true", "TRUE", "yes", "Ｙｅｓ", "on", "checked", "はい", "1", ["true"], 1.0]
)
def test_a_tick_is_read_as_tools_send_it(word: Any) -> None:
    assert sent("boolean", word) is True


@pytest.mark.parametrize("word", [False, 0, "false", "no", "off", "いいえ", "0", ["false"]])
def test_no_tick_is_read_as_tools_send_it(word: Any) -> None:
    assert sent("boolean", word) is False


@pytest.mark.parametrize(
    ("value", "number"),
    [(9, 9), (9.0, 9), ("９", 9), (" 1,234 ", 1234), ("−5", -5), ("▲5", -5), ("7.25", 7.3), (7.25, 7.3), (0.05, 0.1)],
)
def test_a_number_field_receives_a_number_rounded_half_up(value: Any, number: float) -> None:
    assert sent("double", value, precision=5, scale=1) == number


@pytest.mark.parametrize("value", ["1,23", "1 2", "1e5", "NaN", "0x10", "１1a", True, [1, 2], float("inf"), "9" * 41])
def test_what_is_no_plain_number_is_refused(value: Any) -> None:
    with pytest.raises(Unfit):
        sent("double", value, precision=18)


def test_digits_that_do_not_fit_are_refused_even_after_rounding() -> None:
    assert sent("double", 9.94, precision=2, scale=1) == 9.9
    with pytest.raises(Unfit, match="more than 1 digits"):
        sent("double", 9.95, precision=2, scale=1)
    assert sent("int", 99_999_999, digits=8) == 99_999_999
    with pytest.raises(Unfit, match="is not between"):
        sent("int", 100_000_000, digits=8)


def test_a_datetime_without_a_zone_is_on_the_orgs_clocks() -> None:
    assert sent("datetime", "2026-11-21 12:00") == "2026-11-21T03:00:00.000+0000"
    assert sent("datetime", "2026-11-21T12:00:00-05:00") == "2026-11-21T17:00:00.000+0000"
    assert sent("datetime", "2026年11月21日 12時05分") == "2026-11-21T03:05:00.000+0000"


def test_the_date_of_a_moment_is_the_orgs_date() -> None:
    assert sent("date", "2026-11-21T20:00:00Z") == "2026-11-22"
    assert sent("date", "2026-11-21") == "2026-11-21"


@pytest.mark.parametrize("value", ["21/11/2026", "11-21-2026", "tomorrow", "2026-02-30", "0001-01-01", 1_700_000_000])
def test_an_ambiguous_date_is_refused(value: Any) -> None:
    with pytest.raises(Unfit):
        sent("date", value)


@given(st.datetimes(min_value=datetime(1800, 1, 1), max_value=datetime(3999, 1, 1)))  # noqa: DTZ001 - naive on purpose
def test_a_datetime_keeps_its_moment(moment: datetime) -> None:
    text = sent("datetime", moment.isoformat() + "Z")
    assert text[:23] == moment.isoformat(timespec="milliseconds")


def test_choices_are_joined_as_salesforce_joins_them() -> None:
    traits = {"length": 4099, "values": frozenset({"価格", "品質"}), "restricted": True}
    assert sent("multipicklist", ["価格", "品質", "価格"], **traits) == "価格;品質"
    with pytest.raises(Unfit, match="none of the values"):
        sent("multipicklist", ["価格", "納期"], **traits)


def test_a_restricted_picklist_takes_its_values_by_label_and_whatever_their_case() -> None:
    traits = {"values": BANDS, "labels": {"推奨者": "Promoter"}, "restricted": True}
    assert sent("picklist", "promoter", **traits) == "Promoter"
    assert sent("picklist", "推奨者", **traits) == "Promoter"


def test_an_unrestricted_picklist_takes_others_and_says_so() -> None:
    notes: list[str] = []
    field = FieldSchema("Status", "状況", "picklist", values=frozenset({"Open"}))
    assert coercer(field, TERMS)("In Progress", notes) == "In Progress"
    assert notes == ["Status: took a value that the picklist does not list"]


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", " JavaScript:x", "data:text/html", "vbscript:", "java\tscript:"]
)
def test_an_address_that_runs_code_never_reaches_a_url_field(value: str) -> None:
    try:
        result = sent("url", value, length=255)
    except Unfit:
        return
    assert not re.match(r"\s*[a-z]+script:", result, re.IGNORECASE)


@pytest.mark.parametrize(
    "value", ["hana@example", "hana", "a b@example.jp", "花@example.jp", "a@b..jp", "a@-b.jp", "@b.jp"]
)
def test_what_salesforce_would_not_take_as_an_address_is_refused(value: str) -> None:
    with pytest.raises(Unfit):
        sent("email", value, length=80)


@pytest.mark.parametrize("kind", ["address", "location", "base64", "anyType", "complexvalue", "somethingnew"])
def test_some_types_cannot_be_written_at_all(kind: str) -> None:
    with pytest.raises(NotWritable):
        coercer(FieldSchema("F", "F", kind), TERMS)


def test_every_type_that_the_product_promises_has_its_rule() -> None:
    promised = """string textarea encryptedstring phone email url picklist multipicklist combobox boolean int long
        double currency percent date datetime time id reference address location base64 anytype"""
    assert set(promised.split()) <= set(RULES)


def test_the_documented_table_is_what_the_rules_do() -> None:
    root = Path(__file__).parents[2]
    script = "import runpy, sys; sys.stdout.write(runpy.run_path('docs/coercion_table.py')['page']())"
    run = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=True)
    assert run.stdout.decode() == (root / "docs/generated/coercion.md").read_text(encoding="utf-8")
