"""Signs sample bodies the way each vendor does, for the demo, the tests and `bridge sources test`.

Written from the vendors' documentation and not from our verifier, of which nothing is imported here: a mistake made
once is not confirmed by the other side.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Signed:
    """What to send: Qualtrics puts its signature into the body, others into a header."""

    headers: dict[str, str]
    body: bytes


def signed(tool: str, body: bytes, secret: str, settings: Mapping[str, Any] | None = None) -> Signed:
    """`body` as `tool` would send it, signed with `secret`. `settings` is the source's document, where it matters.

    Raises KeyError for a tool that is not known here.
    """
    return _SIGNERS[tool](body, secret.encode(), settings or {})


def _typeform(body: bytes, secret: bytes, settings: Mapping[str, Any]) -> Signed:
    digest = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()
    return Signed({"Content-Type": JSON, "Typeform-Signature": f"sha256={digest}"}, body)


def _qualtrics(body: bytes, secret: bytes, settings: Mapping[str, Any]) -> Signed:
    """`body` is MSG. The topic in front of it is not signed."""
    message = body.decode().strip()
    try:
        told = json.loads(message)
        topic = f"{told['BrandID']}.surveyengine.completedResponse.{told['SurveyID']}"
    except (ValueError, KeyError, TypeError):
        topic = "exampleinc.surveyengine.completedResponse.SV_0000000000000"
    form = {"Topic": topic, "MSG": message, "HMAC": hmac.new(secret, message.encode(), hashlib.sha512).hexdigest()}
    return Signed({"Content-Type": FORM}, urlencode(form).encode())


def _webhook(body: bytes, secret: bytes, settings: Mapping[str, Any]) -> Signed:
    kind = JSON if body.lstrip()[:1] in (b"{", b"[") else FORM
    if shared := settings.get("shared_secret"):
        return Signed({"Content-Type": kind, shared["header"]: shared.get("prefix", "") + secret.decode()}, body)
    scheme = settings["signature"]
    digest = hmac.new(secret, body, scheme.get("algorithm", "sha256")).digest()
    text = base64.b64encode(digest).decode() if scheme.get("encoding") == "base64" else digest.hex()
    return Signed({"Content-Type": kind, scheme["header"]: scheme.get("prefix", "") + text}, body)


_SIGNERS: dict[str, Callable[[bytes, bytes, Mapping[str, Any]], Signed]] = {
    "typeform": _typeform,
    "qualtrics": _qualtrics,
    "webhook": _webhook,
}
