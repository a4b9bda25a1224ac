"""Signs sample bodies the way each vendor does, for the demo, the tests and `bridge sources test`.

Written from the vendors' documentation and not from our verifier, of which nothing is imported here: a mistake made
once is not confirmed by the other side.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signed:
    """What to send: signatures go into headers, Qualtrics' into the body, a bare secret now and then into the query."""

    headers: dict[str, str]
    body: bytes
    query: dict[str, str] = field(default_factory=dict)


def signed(
    tool: str, body: bytes, secret: str, settings: Mapping[str, Any] | None = None, at: datetime | None = None
) -> Signed:
    """`body` as `tool` would send it, signed with `secret`. `settings` is the source's document, where it matters.

    `at` is when it is signed, for tools that sign a time: now, unless told. Raises KeyError for an unknown tool.
    """
    return _SIGNERS[tool](body, secret.encode(), settings or {}, at or datetime.now(UTC))


def _typeform(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
    digest = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    return Signed({"Content-Type": JSON, "Typeform-Signature": f"sha256={digest}"}, body)


def _qualtrics(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
    """`body` is MSG. The topic in front of it is not signed. Without a shared key a workflow sends the same as JSON."""
    if settings.get("shared_secret"):
        return _with_secret({})(body, secret, settings, at)
    message = body.decode().strip()
    try:
        told = json.loads(message)
        topic = f"{told['BrandID']}.surveyengine.completedResponse.{told['SurveyID']}"
    except (ValueError, KeyError, TypeError, RecursionError):
        topic = "exampleinc.surveyengine.completedResponse.SV_0000000000000"
    form = {
        "Topic": topic.encode(errors="replace").decode(),
        "MSG": message,
        "HMAC": hmac.new(secret, message.encode(), hashlib.sha512).hexdigest(),
    }
    return Signed({"Content-Type": FORM}, urlencode(form).encode())


def _surveymonkey(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
    """`secret` is `<client id>&<API secret>`."""
    headers = {
        "Content-Type": "application/vnd.surveymonkey.response.v1+json",
        "Sm-Apikey": secret.partition(b"&")[0].decode(),
        "Sm-Signature": base64.b64encode(hmac.new(secret, body, hashlib.sha1).digest()).decode(),
    }
    return Signed(headers, body)


def _delighted(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
    digest = hmac.new(secret, body, hashlib.sha256).hexdigest()
    return Signed({"Content-Type": JSON, "X-Delighted-Webhook-Signature": f"sha256={digest}"}, body)


def _pendo(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
    """Hex, of the encodings that Pendo might mean."""
    digest = hmac.new(secret, body, hashlib.sha256)
    base64_wanted = settings.get("signature_encoding") == "base64"
    text = base64.b64encode(digest.digest()).decode() if base64_wanted else digest.hexdigest()
    return Signed({"Content-Type": JSON, "X-Pendo-Signature": text}, body)


def _zendesk(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
    """The time and the body are signed as one text, with nothing between them."""
    time = _written(at)
    digest = hmac.new(secret, time.encode() + body, hashlib.sha256).digest()
    headers = {
        "Content-Type": JSON,
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": time,
    }
    return Signed(headers, body)


def _with_secret(default: Mapping[str, str]) -> "Signer":
    """A tool that sends the secret itself, where its settings say or else in its `default` place."""

    def sign(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
        place = settings.get("shared_secret") or default
        text = place.get("prefix", "") + secret.decode()
        headers = {"Content-Type": _content_type(body)}
        if "query" in place:
            return Signed(headers, body, {place["query"]: text})
        return Signed(headers | {place["header"]: text}, body)

    return sign


def _configured(default: Mapping[str, str]) -> "Signer":
    """A tool that signs as its settings say."""

    def sign(body: bytes, secret: bytes, settings: Mapping[str, Any], at: datetime) -> Signed:
        if not (scheme := settings.get("signature")):
            return _with_secret(default)(body, secret, settings, at)
        headers = {"Content-Type": _content_type(body)}
        before = b""
        if time := scheme.get("time"):
            headers[time["header"]] = _written(at)
            before = (headers[time["header"]] + time.get("separator", "")).encode()
        digest = hmac.new(secret, before + body, scheme.get("algorithm", "sha256")).digest()
        text = base64.b64encode(digest).decode() if scheme.get("encoding") == "base64" else digest.hex()
        return Signed(headers | {scheme["header"]: scheme.get("prefix", "") + text}, body)

    return sign


def _content_type(body: bytes) -> str:
    """What a sample's body evidently is."""
    first = body.lstrip()[:2]
    if first[:1] in (b"{", b"["):
        return JSON
    if first[:1] == b"<":
        return "text/xml; charset=UTF-8"
    if first == b"--":
        boundary = body.partition(b"\r\n")[0].removeprefix(b"--").decode()
        return f"multipart/form-data; boundary={boundary}"
    return FORM


def _written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Signer = Callable[[bytes, bytes, Mapping[str, Any], datetime], Signed]

_SIGNERS: dict[str, Signer] = {
    "typeform": _typeform,
    "qualtrics": _qualtrics,
    "surveymonkey": _surveymonkey,
    "delighted": _delighted,
    "asknicely": _with_secret({"header": "X-Webhook-Secret"}),
    "pendo": _pendo,
    "smartlp": _configured({"query": "key"}),
    "specific": _configured({}),
    "sunshine": _with_secret({"header": "X-API-Key"}),
    "webhook": _configured({}),
    "zendesk": _zendesk,
    "salesforce": _with_secret({"query": "key"}),
}
