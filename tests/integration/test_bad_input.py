"""What comes in wrong, at the intake's own door and for every tool: refused in words, and nothing of it half kept."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.signing import Signed, signed
from feedback_bridge.aws.configs import Configs
from feedback_bridge.sources.registry import TOOLS
from tests.integration.web_events import Answer
from tests.integration.web_front import answer
from tests.outbound_message import ORGANIZATION, message, notification
from tests.unit.test_source_fuzz import HEADERS, NOW, SETTINGS

EVENTS = Path(__file__).parents[2] / "events/sources"
KEY = "s3cret"
SAMPLES = {"zendesk": "customer_message.json", "sunshine": "conversation.json", "smartlp": "lead.json"}
SIGNING = ("typeform", "surveymonkey", "delighted", "pendo", "zendesk", "webhook")
"""Tools whose signature is over the body."""

DEEP = 10_000

NONSENSE = {
    "nothing": b"",
    "white space": b" \n",
    "no JSON": b"<html>502</html>",
    "cut off": b'{"id": "1", "event',
    "null": b"null",
    "a list": b"[1]",
    "a number": b"7",
    "an empty object": b"{}",
    "of wrong types": b'{"event_type": 1, "form_response": [], "id": {}, "events": 5, "person": "x", "question": null}',
    "the same key twice": b'{"id": "1", "id": "2"}',
    "a duplicate deep down": b'{"a": [{"b": {"c": 1, "c": 2}}]}',
    "lone surrogates": rb'{"\udce3": "\ud83d", "id": "\udfff"}',
    "bytes of no charset": b'{"id": "\xff\xfe"}',
    "UTF-16": '{"id": "一"}'.encode("utf-16"),
    "Shift_JIS": '{"id": "一"}'.encode("shift_jis"),
    "a nesting bomb": b'{"a":' + b"[" * DEEP,
    "a closed nesting bomb": b'{"a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "a huge array": b'{"id": "1", "events": [' + b",".join([b"{}"] * 20_000) + b"]}",
    "no number": b'{"id": NaN}',
    "a huge number": b'{"id": 1e999}',
    "a number of many digits": b'{"id": ' + b"9" * 5000 + b"}",
    "a null character": b'{"id": "\\u0000", "token": "\\u0000"}',
}

FORMS = {
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "never closed": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1'),
    "a nested form": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n"
        b"--y--\r\n--x--",
    ),
    "encoded": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--x--',
    ),
    "two headers of one name": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"\r\n\r\n1'
        b"\r\n--x--",
    ),
    "ten thousand parts": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 10_000 + b"--x--",
    ),
    "ten thousand fields": ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 10_000)),
    "percent-encoded bytes of no charset": ("application/x-www-form-urlencoded", b"a=%ff%fe"),
    "another charset": ("application/x-www-form-urlencoded; charset=utf-7", b"a=+AGE-"),
    "XML": ("text/xml", b"<a/>"),
    "no type": ("", b"a=1"),
}

XML = {
    "a billion laughs": b'<!DOCTYPE a [<!ENTITY b "hahaha"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    "a file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "an address": b'<!DOCTYPE a SYSTEM "http://169.254.169.254/latest/meta-data/"><a/>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % b SYSTEM "http://example.jp/b">%b;]><a/>',
    "deep": b"<a>" * 1000 + b"</a>" * 1000,
    "wide": b"<a>" + b"<b/>" * 200_000 + b"</a>",
    "cut off": message(notification(1))[:-20],
    "in UTF-7": b'<?xml version="1.0" encoding="UTF-7"?><a/>',
    "no message": b"<a/>",
    "an id too many": message(*[notification(number) for number in range(101)]),
}


def settings_of(name: str) -> dict[str, Any]:
    return {"kind": "source", "id": name, "type": name, "secret": "key", **SETTINGS[name]}


@pytest.fixture
def door(aws: dict[str, str]) -> Callable[[str, Signed], Answer]:
    """Sends to a source of a tool, or to the org that sends outbound messages."""
    boto3.client("secretsmanager").create_secret(Name="test-stack/key", SecretString=KEY)

    def send(name: str, sending: Signed) -> Answer:
        query = "&".join(f"{key}={value}" for key, value in sending.query.items())
        path = f"/in/{name}" if name in TOOLS else f"/salesforce/{name}/outbound-messages"
        told: Answer = answer("POST", f"{path}?{query}", sending.headers, sending.body)
        return told

    return send


def open_source(name: str) -> None:
    Configs("ConfigTable").publish("source", name, settings_of(name), "test", NOW)


def kept() -> set[str]:
    return {item["feedback_id"]["S"] for item in boto3.client("dynamodb").scan(TableName="FeedbackTable")["Items"]}


def check(told: Answer, *statuses: int) -> None:
    """That it is a refusal in words."""
    assert told.status in statuses, told
    assert told.headers["content-type"] == "application/problem+json"
    assert told.json["status"] == told.status
    assert told.json["detail"]


def sample(name: str) -> bytes:
    return (EVENTS / name / SAMPLES.get(name, "promoter.json")).read_bytes()


def ids_of(told: Answer) -> set[str]:
    return {event["feedback_id"] for event in told.json.get("events", [told.json])}


@pytest.mark.parametrize("name", TOOLS)
def test_nonsense_is_refused_in_words_however_well_it_is_signed(door: Any, name: str) -> None:
    open_source(name)
    for what, body in NONSENSE.items():
        before = kept()
        told = door(name, signed_as_it_is(name, body))
        new = kept() - before
        if told.status == 202:
            assert new <= ids_of(told), what
        else:
            check(told, 400, 422)
            assert all(item.startswith(f"{name}:unreadable-") for item in new), what


def signed_as_it_is(name: str, body: bytes) -> Signed:
    """Qualtrics' MSG is a text: there the bytes stand for characters."""
    text = body.decode("utf-8", "replace").encode() if name == "qualtrics" else body
    sending = signed(name, text, KEY, settings_of(name))
    if name != "qualtrics" and "json" not in sending.headers["Content-Type"]:
        sending.headers["Content-Type"] = "application/json"
    return sending


@pytest.mark.parametrize("name", TOOLS)
def test_whoever_is_not_the_tool_is_refused_and_leaves_nothing(door: Any, name: str) -> None:
    open_source(name)
    good = signed(name, sample(name), KEY, settings_of(name))
    for forged in forgeries(name, good):
        told = door(name, forged)
        check(told, 401)
        assert KEY not in told.text
    assert kept() == set()
    assert door(name, good).status == 202


def forgeries(name: str, good: Signed) -> Iterator[Signed]:
    """Another key, no signature, and the right one cut off, in other letters, or with something behind it."""
    yield signed(name, sample(name), KEY + "x", settings_of(name))
    if name == "qualtrics":
        body, _, digest = good.body.partition(b"&HMAC=")
        for spoilt in (b"", b"&HMAC=", b"&HMAC=" + digest[:-1], b"&HMAC=" + digest.upper(), b"&HMAC=" + digest + b"0"):
            yield Signed(good.headers, body + spoilt)
        yield Signed(good.headers, body + b"&MSG=%7B%7D&HMAC=" + digest)
        return
    proofs = [header for header in good.headers if header.lower() in HEADERS and header != "Content-Type"]
    for header in proofs:
        text = good.headers[header]
        for spoilt in ("", text[:-1], text.swapcase(), text + "=", text.replace("sha256=", "")[::-1]):
            yield Signed({**good.headers, header: spoilt}, good.body, good.query)
    yield Signed({"Content-Type": good.headers["Content-Type"]}, good.body)
    if name in SIGNING:
        yield Signed(good.headers, good.body.replace(b":", b": ", 1), good.query)


@pytest.mark.parametrize("what", FORMS)
def test_a_form_that_two_programs_could_read_differently_is_refused(door: Any, what: str) -> None:
    open_source("smartlp")
    kind, body = FORMS[what]
    check(door("smartlp", Signed({"Content-Type": kind}, body, {"key": KEY})), 400, 415, 422)
    assert all(item.startswith("smartlp:unreadable-") for item in kept())


def test_outbound_messages_that_attack_the_reader_are_refused(door: Any) -> None:
    outbound = {"organization_id": ORGANIZATION, "secret": "key"}
    org = {"kind": "org", "id": "production", "login_url": "https://example.my.salesforce.com", "secret": "s"}
    Configs("ConfigTable").publish("org", "production", {**org, "outbound_messages": outbound}, "test", NOW)
    for body in XML.values():
        check(door("production", Signed({"Content-Type": "text/xml"}, body, {"key": KEY})), 400, 422)
    assert all(item.startswith("salesforce-production:unreadable-") for item in kept())


def test_of_several_events_none_is_kept_where_one_cannot_be_read(door: Any) -> None:
    open_source("sunshine")
    document = json.loads(sample("sunshine"))
    document["events"].append({"type": "conversation:message"})
    check(door("sunshine", signed("sunshine", json.dumps(document).encode(), KEY)), 422)
    (only,) = kept()
    assert only.startswith("sunshine:unreadable-")


def test_what_is_too_large_is_refused_before_it_is_read(door: Any) -> None:
    open_source("typeform")
    check(door("typeform", signed("typeform", b" " * 1_048_577, KEY)), 413)
    assert kept() == set()
