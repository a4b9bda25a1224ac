"""Who may speak: each vendor's signature, the vendors' own vectors, and every way of getting it wrong."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import Request, Unverified
from local.signing import Signed, signed

EVENTS = Path(__file__).parents[2] / "events/sources"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
SECRET = "すてきな秘密-s3cret"

SOURCES: dict[str, dict[str, Any]] = {
    "typeform": {"type": "typeform"},
    "qualtrics": {"type": "qualtrics", "data_center": "fra1", "api_token": "qualtrics-token"},
    "webhook-hmac": {
        "type": "webhook",
        "signature": {"header": "X-Shop-Signature", "algorithm": "sha512", "encoding": "base64", "prefix": "v1="},
        "fields": {"id": "data.id"},
    },
    "webhook-static": {
        "type": "webhook",
        "shared_secret": {"header": "Authorization", "prefix": "Bearer "},
        "without_id": "content",
    },
}
BODIES = {
    "typeform": (EVENTS / "typeform/promoter.json").read_bytes(),
    "qualtrics": (EVENTS / "qualtrics/promoter.json").read_bytes(),
    "webhook-hmac": (EVENTS / "webhook/promoter.json").read_bytes(),
    "webhook-static": (EVENTS / "webhook/form.txt").read_bytes(),
}
ALL = pytest.mark.parametrize("name", SOURCES)


def request_of(sent: Signed) -> Request:
    return Request("POST", {header.lower(): value for header, value in sent.headers.items()}, sent.body)


def accepted(name: str, sent: Signed, *secrets: str) -> bool:
    source = parse_source({"id": name, "secret": name, **SOURCES[name]})
    try:
        tool(source.type).verify(request_of(sent), source, secrets or (SECRET,), NOW)
    except Unverified:
        return False
    return True


def sample(name: str, secret: str = SECRET) -> Signed:
    return signed(SOURCES[name]["type"], BODIES[name], secret, SOURCES[name])


@ALL
def test_what_the_vendor_signed_is_accepted(name: str) -> None:
    assert accepted(name, sample(name))


@ALL
def test_while_a_secret_is_changed_both_are_valid(name: str) -> None:
    assert accepted(name, sample(name, "old"), "new", "old")
    assert accepted(name, sample(name, "new"), "new", "old")


@ALL
def test_another_secret_is_refused(name: str) -> None:
    assert not accepted(name, sample(name, SECRET + "x"))


@ALL
def test_an_empty_secret_signs_nothing(name: str) -> None:
    assert not accepted(name, sample(name, ""), "")


@ALL
def test_no_signature_is_refused(name: str) -> None:
    sent = sample(name)
    bare = Signed({"Content-Type": sent.headers["Content-Type"]}, sent.body.partition(b"&HMAC=")[0])
    assert not accepted(name, bare)


@pytest.mark.parametrize("name", ["typeform", "qualtrics", "webhook-hmac"])
def test_a_changed_body_is_refused(name: str) -> None:
    sent = sample(name)
    changed = sent.body.replace(b"2026", b"2027", 1)
    assert changed != sent.body
    assert not accepted(name, Signed(sent.headers, changed))
    assert not accepted(name, Signed(sent.headers, sent.body[:-1]))


def header_of(name: str) -> str:
    return next(header for header in sample(name).headers if header != "Content-Type")


@pytest.mark.parametrize("name", ["typeform", "webhook-hmac", "webhook-static"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "=",
        lambda text: text + " ",
        lambda text: text.partition("=")[2] or text[3:],
        str.swapcase,
        lambda _: "",
        lambda _: "sha256=",
        lambda _: "署名",
        lambda _: "\udce3",
    ],
)
def test_a_signature_in_any_other_spelling_is_refused(name: str, spoil: Any) -> None:
    sent = sample(name)
    header = header_of(name)
    assert not accepted(name, Signed(sent.headers | {header: spoil(sent.headers[header])}, sent.body))


def test_the_hex_digest_is_no_typeform_signature() -> None:
    body = BODIES["typeform"]
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Typeform-Signature": f"sha256={digest}"}
    assert not accepted("typeform", Signed(headers, body))


def test_the_test_vector_of_rfc_4231_is_a_valid_webhook_signature() -> None:
    """Case 2: an independent vector, computed by neither side here."""
    source = parse_source(
        {
            "id": "rfc",
            "secret": "rfc",
            "type": "webhook",
            "signature": {"header": "X-Signature"},
            "without_id": "content",
        }
    )
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    request = Request("POST", {"x-signature": digest}, b"what do ya want for nothing?")
    tool("webhook").verify(request, source, ["Jefe"], NOW)


KYMA_MESSAGE = (
    '{"Status":"Complete","SurveyID":"SV_1AmkKSDmoZ4XlQx","ResponseID":"R_0B7IcnXszjEUHLP",'
    '"CompletedDate":"2019-06-25 07:58:25","BrandID":"sapdevelopment"}'
)
KYMA_DIGEST = (
    "c2c585a404c239aa3063b462cc33551d3ed3ed2de0899f58d456fc0ef7ebef6f"
    "3c3af44957989bd0592603e41edde9528f7d9ed09ee128bf719aa12f46e5c598"
)


def qualtrics_body(message: str, digest: str, **more: str) -> Signed:
    form = {"Topic": "sapdevelopment.surveyengine.completedResponse.SV_1AmkKSDmoZ4XlQx", "MSG": message, "HMAC": digest}
    return Signed({"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form | more).encode())


def test_a_request_that_qualtrics_really_sent_is_accepted() -> None:
    """Key, message and digest as the Kyma project's Qualtrics connector recorded them."""
    assert accepted("qualtrics", qualtrics_body(KYMA_MESSAGE, KYMA_DIGEST), "kyma4ever")


def test_our_samples_are_signed_as_qualtrics_signs() -> None:
    assert (
        signed("qualtrics", KYMA_MESSAGE.encode(), "kyma4ever").body == qualtrics_body(KYMA_MESSAGE, KYMA_DIGEST).body
    )


@pytest.mark.parametrize(
    "digest",
    [
        KYMA_DIGEST.upper(),
        KYMA_DIGEST[:-1],
        f"sha512={KYMA_DIGEST}",
        base64.b64encode(bytes.fromhex(KYMA_DIGEST)).decode(),
    ],
)
def test_a_qualtrics_digest_in_any_other_spelling_is_refused(digest: str) -> None:
    assert not accepted("qualtrics", qualtrics_body(KYMA_MESSAGE, digest), "kyma4ever")


def test_of_two_messages_in_one_form_neither_is_believed() -> None:
    sent = qualtrics_body(KYMA_MESSAGE, KYMA_DIGEST)
    forged = urlencode({"MSG": KYMA_MESSAGE.replace("R_0B7", "R_9B7")}).encode()
    for body in (sent.body + b"&" + forged, forged + b"&" + sent.body):
        assert not accepted("qualtrics", Signed(sent.headers, body), "kyma4ever")


def test_qualtrics_never_sends_json() -> None:
    sent = qualtrics_body(KYMA_MESSAGE, KYMA_DIGEST)
    assert not accepted("qualtrics", Signed({"Content-Type": "application/json"}, sent.body), "kyma4ever")
