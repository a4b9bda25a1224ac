"""Record ids: length, checksum, order."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from local.salesforce_org.ids import IdSequence, checksum, normalise

id15 = st.text(alphabet=string.ascii_letters + string.digits, min_size=15, max_size=15)


def test_known_ids_carry_the_checksum_salesforce_gave_them() -> None:
    # From Salesforce's own documentation of ids and from public recordings of its API.
    for known in ("001D000000IRFmaIAH", "003D000000QV9n2IAD", "a00B000000FSjVUIA1", "012000000000000AAA"):
        assert normalise(known[:15]) == known


@given(id15)
def test_an_id_and_its_checksum_are_accepted_whatever_the_case_of_the_checksum(text: str) -> None:
    assert normalise(text) == text + checksum(text)
    assert normalise(text + checksum(text).lower()) == text + checksum(text)


@given(id15, st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"))
def test_another_checksum_is_refused(text: str, letter: str) -> None:
    right = checksum(text)
    wrong = letter + right[1:]
    assert (normalise(text + wrong) is None) == (wrong != right)


@given(st.text(max_size=20).filter(lambda text: len(text) not in (15, 18)))
def test_anything_of_another_length_is_no_id(text: str) -> None:
    assert normalise(text) is None


def test_ids_of_one_object_sort_by_age() -> None:
    sequence = IdSequence(start=61)
    made = [sequence.new("001") for _ in range(200)]
    assert made == sorted(made)
    assert len(set(made)) == 200
