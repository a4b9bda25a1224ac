"""How tools' names become names that a path can be written with."""

import jmespath
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.sources.names import path_names


def test_names_that_a_path_can_hold_stay_as_they_are() -> None:
    assert path_names(["nps", "QID2_NPS_GROUP", "_x"]) == {"nps": "nps", "QID2_NPS_GROUP": "QID2_NPS_GROUP", "_x": "_x"}


def test_other_ascii_names_are_made_plain() -> None:
    assert path_names(["nps-score", "QID18#1_1", "Store Name?", "319352786", "9a48-01"]) == {
        "nps-score": "nps_score",
        "QID18#1_1": "QID18_1_1",
        "Store Name?": "Store_Name",
        "319352786": "_319352786",
        "9a48-01": "_9a48_01",
    }


def test_names_in_another_script_keep_their_spelling() -> None:
    assert path_names(["お名前", "満足度(1)"]) == {"お名前": "お名前", "満足度(1)": "満足度(1)"}


def test_a_name_that_would_clash_keeps_its_spelling() -> None:
    assert path_names(["a-b", "a_b", "a.b"]) == {"a-b": "a-b", "a_b": "a_b", "a.b": "a.b"}


def test_the_settings_may_name_an_answer() -> None:
    assert path_names(["QID2", "QID3"], {"QID2": "recommend", "QID9": "gone"}) == {"QID2": "recommend", "QID3": "QID3"}


def test_a_chosen_name_takes_no_other_answers_place() -> None:
    assert path_names(["QID2", "QID3"], {"QID2": "QID3"}) == {"QID2": "QID2", "QID3": "QID3"}
    assert path_names(["1", "2"], {"1": "score", "2": "score"}) == {"1": "score", "2": "_2"}


@given(st.lists(st.text(max_size=6) | st.text("ab-_.1 ", max_size=4)))
def test_no_two_names_become_one_and_ascii_ones_can_be_written_in_a_path(names: list[str]) -> None:
    made = path_names(names)
    assert set(made) == set(names)
    assert len(set(made.values())) == len(made)
    for name, new in made.items():
        if new != name:
            assert jmespath.search(f"answers.{new}.value", {"answers": {new: {"value": 1}}}) == 1
