"""What a language model is told of a comment, and which of its answers count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.feedback.model import Nps
from feedback_bridge.nps.summary import SHORTEST, redacted, summary_in, wants_summary

LONG = "対応がとても遅く、" * 20


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("連絡先はhanako.sato@example.jpです", "連絡先は[address]です"),
        ("ｈａｎａｋｏ＠ｅｘａｍｐｌｅ．ｊｐ まで", "[address] まで"),
        ("write to 花子@例子.jp now", "write to [address] now"),
        ("電話は０３－１２３４－５６７８か090 1234 5678", "電話は[number]か[number]"),
        ("call +81 (3) 1234-5678.", "call [number]."),
        ("call (415) 555-2671 or 5552671", "call [number] or [number]"),
        ("3回電話して20分待ち、2026年に10点中2点", "3回電話して20分待ち、2026年に10点中2点"),
    ],
)
def test_addresses_and_telephone_numbers_stay_here(said: str, told: str) -> None:
    assert redacted(said) == told


@given(st.text(), st.from_regex(r"[a-z]{1,9}\.[a-z]{1,9}@[a-z]{1,9}\.(jp|com)", fullmatch=True), st.text())
def test_no_address_gets_through_wherever_it_stands(before: str, address: str, after: str) -> None:
    assert address not in redacted(before + address + after)


@given(st.text(alphabet="あaＡ 、.\n"), st.from_regex(r"0[1-9]0-?[0-9]{4}-?[0-9]{4}", fullmatch=True))
def test_no_telephone_number_gets_through(around: str, number: str) -> None:
    assert number not in redacted(around + number + around)


def test_only_a_long_comment_that_the_tool_has_not_summed_up_is_summed_up() -> None:
    assert wants_summary(Nps(comment=LONG))
    assert not wants_summary(Nps(comment=LONG, summary="遅い"))
    assert not wants_summary(Nps(comment="x" * (SHORTEST - 1)))
    assert not wants_summary(Nps(score=3))
    assert not wants_summary(None)


def test_an_answer_that_sums_nothing_up_is_none() -> None:
    assert summary_in(" 対応が遅い。\n", LONG) == "対応が遅い。"
    assert summary_in("NONE.", LONG) is None
    assert summary_in(" ", LONG) is None
    assert summary_in(LONG * 2, LONG) is None
