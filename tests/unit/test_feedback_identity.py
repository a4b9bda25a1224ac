import re

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.delivery.delivery import delivery_id, split_delivery_id
from feedback_bridge.feedback.identity import feedback_id

ANY_TEXT = st.text(st.characters(codec=None))  # lone surrogates included: tools send them


def test_the_tools_own_id_is_kept_where_it_can_be() -> None:
    assert feedback_id("qualtrics-main", "R_3fDkq2L1xYz") == "qualtrics-main:R_3fDkq2L1xYz"


@given(ANY_TEXT)
def test_an_id_fits_a_url_and_the_external_id_whatever_the_tool_sends(event: str) -> None:
    identity = feedback_id("a" * 63, event)
    assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z0-9._-]+", identity)
    assert len(delivery_id(identity, "m" * 63)) <= 255


@given(st.lists(ANY_TEXT, min_size=2, max_size=2, unique=True))
def test_different_events_have_different_ids(events: list[str]) -> None:
    assert feedback_id("s", events[0]) != feedback_id("s", events[1])


@given(ANY_TEXT, st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}|-", fullmatch=True))
def test_a_delivery_id_names_its_feedback_and_mapping(event: str, mapping: str) -> None:
    identity = feedback_id("s", event)
    assert split_delivery_id(delivery_id(identity, mapping)) == (identity, mapping)


def test_what_is_no_delivery_id_is_none() -> None:
    assert split_delivery_id("typeform-main:abc") is None
    assert split_delivery_id("~nps") is None
