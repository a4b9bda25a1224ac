"""Typeform's webhooks as API Gateway hands them to a function: signed, and in base64."""

import base64
import json
from typing import Any

from bench.stage import Stage, example
from cli.signing import signed
from local.home import ROOT

SECRET = "bench-typeform-secret"
SAMPLE = ROOT / "events/sources/typeform/promoter.json"


def prepare(stage: Stage) -> None:
    stage.keep_secret("typeform-main", SECRET)
    stage.publish(example("sources.yaml", "typeform-main"))


def webhook(number: int) -> dict[str, Any]:
    """A response of its own for every number."""
    document = json.loads(SAMPLE.read_text(encoding="utf-8"))
    document["form_response"]["token"] = f"bench{number:027}"
    sent = signed("typeform", json.dumps(document, ensure_ascii=False).encode(), SECRET)
    headers = {**sent.headers, "User-Agent": "Typeform Webhooks"}
    return {
        "resource": "/in/{source}",
        "path": "/in/typeform-main",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "pathParameters": {"source": "typeform-main"},
        "body": base64.b64encode(sent.body).decode(),
        "isBase64Encoded": True,
    }
