"""Outbound messages of Salesforce, from their XML to Feedback, and every way of sending something else."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_bridge.config.kinds import kind_named
from feedback_bridge.config.lifecycle import references, secrets_named
from feedback_bridge.config.org import OrgDocument
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.registry import TOOLS, parse_source, tool
from feedback_bridge.sources.salesforce import settings_of
from feedback_bridge.sources.tool import InvalidEvent, Request, Unreadable, UnsupportedType, Unverified
from tests.outbound_message import CONTACT, ORGANIZATION, message, notification, notification_id, record_id

SAMPLE = Path(__file__).parents[2] / "events/sources/salesforce/case_closed.xml"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
XML = "text/xml; charset=UTF-8"
ORG = {
    "id": "production",
    "login_url": "https://example.my.salesforce.com",
    "secret": "salesforce-production",
    "outbound_messages": {"organization_id": ORGANIZATION[:15], "secret": "outbound"},
}


def source() -> Any:
    org = OrgDocument.model_validate(ORG)
    assert org.outbound_messages
    return settings_of(org, org.outbound_messages)


def events(body: bytes, content_type: str = XML) -> list[Any]:
    return tool("salesforce").events(body, content_type, source())


def feedback(body: bytes) -> list[Feedback]:
    return [tool("salesforce").read(event, source(), NOW) for event in events(body)]


def key(given: str | None, *secrets: str) -> bool:
    request = Request("POST", {}, b"", {} if given is None else {"key": given})
    try:
        tool("salesforce").verify(request, source(), secrets, NOW)
    except Unverified:
        return False
    return True


def test_a_message_as_salesforce_writes_it_becomes_feedback() -> None:
    (told,) = feedback(SAMPLE.read_bytes())
    assert told.id == "salesforce-production:04l5g00000XyZaBAAV"
    assert (told.type, told.source) == ("salesforce_event", "salesforce-production")
    assert told.salesforce is not None
    assert told.salesforce.model_dump() == {
        "org": "production",
        "object": "Case",
        "record_id": "5005g00000RsTuVAAV",
        "notification_id": "04l5g00000XyZaBAAV",
        "action_id": "04k5g000000TzAbAAK",
    }
    assert told.embedded["Subject"] == "請求書の宛名が間違っている & 再発行のお願い"
    assert told.embedded["IsClosed"] == "true"
    assert (told.respondent.salesforce_id, told.occurred_at) == ("0035g00000AbCdEAAV", NOW)


def test_a_contact_is_the_person_and_its_fields_are_known() -> None:
    (told,) = feedback(message(notification(1, "Contact", Id=record_id(1, "003"), **CONTACT)))
    assert told.respondent.salesforce_id == record_id(1, "003")
    assert told.respondent.email == "hanako.sato@example.jp"
    assert told.respondent.last_name == "佐藤"
    assert told.embedded["Company__c"] == "山田 & 商事"


def test_a_hundred_notifications_are_a_hundred_events_each_with_its_own_xml() -> None:
    found = events(message(*[notification(number, Subject=f"件名 {number}") for number in range(100)]))
    assert [event.id for event in found] == [notification_id(number) for number in range(100)]
    again = events(found[41].body)
    assert [(event.id, event.document) for event in again] == [(found[41].id, found[41].document)]


def test_what_is_kept_lets_nobody_into_the_org() -> None:
    (event,) = events(message(notification(1), session="00D5g00000KpLmQ!AQEAQ.secret"))
    assert b"AQEAQ" not in event.body
    assert b"SessionId" not in event.body


def test_the_org_is_known_by_fifteen_or_eighteen_characters() -> None:
    assert events(message(notification(1), organization=ORGANIZATION[:15]))
    assert events(message(notification(1), organization=ORGANIZATION))


@pytest.mark.parametrize(
    "organization", ["00D5g00000KpLmREA", "00D5g00000kplmqEAV", "00D5g00000KpLmQAAA", "", "x", ORGANIZATION.lower()]
)
def test_the_message_of_another_org_is_refused(organization: str) -> None:
    with pytest.raises(Unverified):
        events(message(notification(1), organization=organization))


def test_a_deleted_record_has_no_data_and_is_no_event() -> None:
    gone = f"<Notification><Id>{notification_id(1)}</Id></Notification>"
    empty = f'<Notification><Id>{notification_id(2)}</Id><sObject xsi:type="sf:Case"/></Notification>'
    assert [event.id for event in events(message(gone, empty, notification(3)))] == [notification_id(3)]


def test_the_same_notification_twice_in_a_message_is_one() -> None:
    assert len(events(message(notification(1, Status="New"), notification(1, Status="Closed")))) == 1


def test_empty_fields_say_nothing_and_compound_fields_keep_their_parts() -> None:
    body = message(notification(1, "Account", Name="", Phone="03-1234-5678")).replace(
        b"</sObject>",
        "<sf:Site xsi:nil='true'/><sf:BillingAddress><sf:city>大阪</sf:city></sf:BillingAddress></sObject>".encode(),
    )
    (told,) = feedback(body)
    assert told.embedded == {"Id": record_id(1), "Phone": "03-1234-5678", "BillingAddress": {"city": "大阪"}}


@pytest.mark.parametrize(("given", "valid"), [("a", True), ("b", True), ("c", False), ("", False), (None, False)])
def test_the_secret_is_in_the_address_and_two_are_valid_while_it_is_changed(given: str | None, valid: bool) -> None:
    assert key(given, "a", "b") is valid


def test_an_empty_secret_opens_nothing() -> None:
    assert not key("", "")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><x>&b;</x>"""
EXTERNAL = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>"""
REMOTE = b"""<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://203.0.113.9/x.dtd"><x/>"""
PARAMETER = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY % p SYSTEM "http://203.0.113.9/p"> %p;]><x/>"""


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"<", b"<a><b></a>", BOMB, EXTERNAL, REMOTE, PARAMETER, b"<x>&undefined;</x>", b"<x/>trailing",
     "<x>".encode("utf-16"), b"<?xml version='1.0' encoding='shift_jis'?><x/>",
     b"<?xml version='1.0' encoding='no'?><x/>",
     b"<a>" * 17 + b"</a>" * 17, b"<a>" * 100_000, b"\x00<x/>", b"<x a='1' a='2'/>", b"<x>\xff</x>",
     b"<Envelope><Body/></Envelope>", message().replace(b"2005/09/outbound", b"2006/09/outbound"),
     message().replace(b"soap/envelope/", b"soap/other/")],
)  # fmt: skip
def test_what_is_no_outbound_message_is_refused_and_nothing_of_it_repeated(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        events(body)
    assert "passwd" not in str(refused.value)
    assert "203.0.113.9" not in str(refused.value)


@pytest.mark.parametrize("kind", ["application/json", "", "application/soap+xml", "text/xml; charset=shift_jis"])
def test_another_content_type_is_refused(kind: str) -> None:
    with pytest.raises(UnsupportedType):
        events(message(notification(1)), kind)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (message(), "Notification"),
        (message(*[notification(number) for number in range(101)]), "Notification"),
        (message(notification(1).replace("04l", "04ｌ")), "Notification[0].Id"),
        (message(notification(1), notification(2, Id="500")), "Notification[1].sObject.Id"),
        (message(notification(1).replace(f"<sf:Id>{record_id(1)}</sf:Id>", "<sf:Status>x</sf:Status>")),
         "Notification[0].sObject.Id"),
        (message(notification(1, "Case; DROP")), "Notification[0].sObject"),
        (message(notification(1).replace(' xsi:type="sf:Case"', "")), "Notification[0].sObject"),
        (message(notification(1).replace("</sObject>", f"<sf:Id>{record_id(2)}</sf:Id></sObject>")),
         "Notification[0].sObject"),
    ],
)  # fmt: skip
def test_what_is_missing_or_impossible_is_told_by_its_path(body: bytes, path: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        events(body)
    assert [problem.path for problem in refused.value.problems] == [path]


@settings(deadline=None)
@given(body=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_in_words(body: bytes) -> None:
    with pytest.raises(PermanentError):
        events(body)


@settings(deadline=None)
@given(
    position=st.integers(min_value=0, max_value=len(SAMPLE.read_bytes()) - 1),
    piece=st.binary(max_size=6) | st.sampled_from([b"<", b"</", b"&", b"<!--", b"]]>", b"<![CDATA[", b"xmlns=''"]),
)
def test_a_message_with_anything_put_into_it_is_read_or_refused(position: int, piece: bytes) -> None:
    body = SAMPLE.read_bytes()
    try:
        found = feedback(body[:position] + piece + body[position:])
    except PermanentError:
        return
    assert all(told.id == feedback_id("salesforce-production", told.salesforce.notification_id)
               for told in found if told.salesforce)  # fmt: skip


def test_an_org_that_sends_names_its_secret() -> None:
    assert ("outbound_messages.secret", "outbound") in secrets_named(OrgDocument.model_validate(ORG))


@pytest.mark.parametrize("organization", ["", "0015g00000KpLmQ", "00D5g00000KpLmQEAA", "00D5g"])
def test_an_org_has_an_organization_id(organization: str) -> None:
    kind = kind_named("org")
    assert kind
    with pytest.raises(InvalidDocument) as refused:
        kind.parse({**ORG, "outbound_messages": {"organization_id": organization, "secret": "s"}})
    assert [problem.path for problem in refused.value.problems] == ["outbound_messages.organization_id"]


def test_no_source_takes_the_name_of_an_org_that_sends() -> None:
    assert "salesforce" not in TOOLS
    with pytest.raises(InvalidDocument) as refused:
        parse_source({"id": "salesforce-production", "type": "typeform", "secret": "s"})
    assert [problem.path for problem in refused.value.problems] == ["id"]


def test_a_mapping_of_what_an_org_sends_refers_to_the_org() -> None:
    kind = kind_named("mapping")
    assert kind
    document = {
        "id": "m", "source": ["salesforce-production", "typeform-main"], "on": "salesforce_event",
        "write": {"org": "sandbox", "object": "Task", "operation": "insert", "fields": {"Subject": {"value": "x"}}},
    }  # fmt: skip
    named = [(item.path, item.kind, item.id) for item in references("mapping", kind.parse(document))]
    assert ("source[0]", "org", "production") in named
    assert ("source[1]", "source", "typeform-main") in named
