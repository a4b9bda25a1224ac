"""Who is forgotten, and what stays of people who have other addresses."""

from feedback_bridge.nps.erasure import removal
from feedback_bridge.nps.history import Scored
from feedback_bridge.nps.identity import email_key
from feedback_bridge.nps.ledger import Entry, Person, Pointer
from feedback_bridge.sources.mentions import mentions

OLD, NEW = email_key("hanako@old.example"), email_key("hanako@new.example")
RECORD = "sf#0035g00000AbCdEAAV"


def answers(*ids: str) -> tuple[Scored, ...]:
    return tuple(
        Scored(f"2026-11-{number:02}", feedback_id, 9, "promoter") for number, feedback_id in enumerate(ids, 1)
    )


def entries(*found: Entry) -> dict[str, Entry]:
    return {entry.key: entry for entry in found}


def test_somebody_with_one_address_is_forgotten_with_every_key() -> None:
    known = entries(Person(RECORD, 3, answers("a", "b"), known_as=(OLD, "user#shop#1")), Pointer(OLD, RECORD, 1),
                    Pointer("user#shop#1", RECORD, 1))  # fmt: skip
    found = removal(OLD, {OLD}, known, {"a"}, last=True)
    assert {entry.key for entry in found.gone} == {RECORD, OLD, "user#shop#1"}
    assert (found.kept, found.linked, found.people) == ((), (), 1)


def test_of_somebody_with_another_address_only_these_answers_go_and_the_address() -> None:
    known = entries(Person(RECORD, 3, answers("a", "b"), known_as=(OLD, NEW)), Pointer(OLD, RECORD, 1),
                    Pointer(NEW, RECORD, 1))  # fmt: skip
    found = removal(OLD, {OLD}, known, {"a"}, last=True)
    assert [entry.key for entry in found.gone] == [OLD]
    (kept,) = found.kept
    assert [answer.feedback_id for answer in kept.answers] == ["b"]
    assert (kept.known_as, found.linked) == ((NEW,), (NEW,))


def test_the_address_leads_to_the_person_until_the_last_page() -> None:
    known = entries(Person(RECORD, 3, answers("a", "b", "c"), known_as=(OLD, NEW)), Pointer(OLD, RECORD, 1))
    found = removal(OLD, {OLD}, known, {"a"}, last=False)
    assert found.gone == ()
    assert found.kept[0].known_as == (OLD, NEW)


def test_when_nothing_is_left_of_somebody_with_two_addresses_both_are_forgotten() -> None:
    known = entries(Person(RECORD, 3, answers("a"), known_as=(OLD, NEW)), Pointer(OLD, RECORD, 1), Pointer(NEW, RECORD))
    found = removal(OLD, {OLD}, known, {"a"}, last=True)
    assert {entry.key for entry in found.gone} == {RECORD, OLD, NEW}


def test_two_people_who_share_an_address_are_both_forgotten() -> None:
    one, two = Person("user#shop#1", 1, answers("a")), Person("user#shop#2", 1, answers("b"))
    known = entries(Pointer(OLD, None, 2), one, two, Person(f"{OLD}#alone", 1, answers("c")))
    found = removal(OLD, {OLD, "user#shop#1", "user#shop#2"}, known, {"a", "b", "c"}, last=True)
    assert {entry.key for entry in found.gone} == set(known)


def test_nobody_is_forgotten_for_an_address_that_is_not_known() -> None:
    found = removal(OLD, {OLD}, {}, set(), last=True)
    assert (found.gone, found.kept, found.people) == ((), (), 0)


def test_an_address_is_found_however_a_body_spells_it() -> None:
    email = "hanako.sato@example.jp"
    escaped = '{"m": "hanako.sato\\u0040example.jp"}'
    spellings = ("Hanako.Sato@Example.JP", "m=hanako.sato%40example.jp&n=1", escaped, "ｈａｎａｋｏ.sato＠example.jp")
    for body in spellings:
        assert mentions(body.encode(), email)
    assert mentions("お名前: 佐藤, hanako.sato@example.jp".encode("cp932"), email)
    assert mentions("\ufeffhanako.sato@example.jp".encode("utf-16"), email)
    assert not mentions(b"taro@example.jp", email)
    assert not mentions(b"\xff\x00\x81", email)
