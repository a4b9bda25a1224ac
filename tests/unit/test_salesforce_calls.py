"""How writes are put into calls: few of them, and no two that would be in each other's way."""

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.collections import MOST_OBJECTS, MOST_RECORDS, calls

OBJECTS = st.sampled_from([f"Object{number}__c" for number in range(12)])
KEYS = st.sampled_from(["a", "A", "b", "ß", "SS", "佐藤"])
PARENTS = st.lists(st.sampled_from(["001A", "001B", "003C"]), max_size=2).map(tuple)


@st.composite
def writes(draw: st.DrawFn) -> Write:
    operation = draw(st.sampled_from(["insert", "update", "upsert", "delete", "chatter_post"]))
    keyed = operation == "upsert"
    return Write(
        draw(OBJECTS),
        operation,  # type: ignore[arg-type]
        {"Name": "x"},
        record_id=draw(KEYS) if operation in ("update", "delete") else None,
        external_id=(draw(st.sampled_from(["K__c", "L__c"])), draw(KEYS)) if keyed else None,
        duplicates=draw(st.sampled_from(["block", "allow", "use_match"])),
        assign=draw(st.booleans()),
        parents=draw(PARENTS),
    )


@given(st.lists(writes(), max_size=60), st.integers(1, 30))
def test_every_write_is_in_one_call_that_salesforce_can_take(given_writes: list[Write], most: int) -> None:
    made = calls(given_writes, most)
    assert sorted(position for call in made for position in call.positions) == list(range(len(given_writes)))
    for call in made:
        own = [given_writes[position] for position in call.positions]
        assert 0 < len(own) <= most
        assert len(list(groupby(own, key=lambda write: write.object))) <= MOST_OBJECTS
        assert len({(write.duplicates == "allow", write.assign) for write in own}) == 1
        posts = {"insert", "chatter_post"}
        assert len({"insert" if write.operation in posts else write.operation for write in own}) == 1
        if own[0].operation == "upsert":
            assert len({(write.object, write.external_id and write.external_id[0]) for write in own}) == 1
        records = [write.record_id or (write.external_id and write.external_id[1].casefold()) for write in own]
        known = [record for record in records if record]
        assert len(known) == len(set(known))


@given(st.lists(KEYS, max_size=20))
def test_writes_to_one_record_stay_in_their_order(keys: list[str]) -> None:
    given_writes = [
        Write("A__c", "upsert", {"Name": str(position)}, external_id=("K__c", key)) for position, key in enumerate(keys)
    ]
    sent: dict[str, list[int]] = {}
    for call in calls(given_writes):
        for position in call.positions:
            sent.setdefault(keys[position].casefold(), []).append(position)
    assert all(positions == sorted(positions) for positions in sent.values())


def test_two_thousand_records_of_ten_objects_in_disorder_are_ten_calls() -> None:
    mixed = [Write(f"Object{number % 10}__c", "update", {"A": 1}, record_id=str(number)) for number in range(2_000)]
    assert len(calls(mixed)) == 2_000 / MOST_RECORDS


def test_an_eleventh_object_takes_a_call_of_its_own() -> None:
    assert len(calls([Write(f"Object{number}__c", "insert", {"A": 1}) for number in range(11)])) == 2


def test_records_of_one_parent_are_side_by_side() -> None:
    parents = [f"001{number % 7}" for number in range(700)]
    contacts = [
        Write("Contact", "update", {"Title": "x"}, record_id=f"003{number:04}", parents=(parent,))
        for number, parent in enumerate(parents)
    ]
    order = [parents[position] for call in calls(contacts) for position in call.positions]
    assert len(list(groupby(order))) == 7


def test_names_cannot_change_the_address_of_a_call() -> None:
    odd = Write("A/../B?c", "upsert", {}, external_id=("K/x?y", "1"))
    assert calls([odd])[0].path == "composite/sobjects/A%2F..%2FB%3Fc/K%2Fx%3Fy"
