"""Typeform's webhooks as API Gateway hands them to a function: signed, and in base64."""

import base64
import hashlib
import hmac
import json
from typing import Any

from local.home import ROOT

SECRET = "bench-typeform-secret"
SIGNATURE = "Typeform-Signature"
SAMPLE = ROOT / "events/sources/typeform/promoter.json"


def webhook(number: int) -> dict[str, Any]:
    """A response of its own for every number."""
    document = json.loads(SAMPLE.read_text(encoding="utf-8"))
    document["form_response"]["token"] = f"bench{number:027}"
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Typeform Webhooks", SIGNATURE: signature(body)}
    return {
        "resource": "/in/{source}",
        "path": "/in/typeform-main",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "pathParameters": {"source": "typeform-main"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def signature(body: bytes) -> str:
    """https://www.typeform.com/developers/webhooks/secure-your-webhooks/"""
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return f"sha256={base64.b64encode(digest).decode()}"
