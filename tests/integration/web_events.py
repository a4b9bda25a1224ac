"""API Gateway's REST proxy events for the functions outside the admin API, and their answers as HTTP."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

CONTEXT = SimpleNamespace(
    function_name="intake",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:intake",
    aws_request_id="8f6f1a52-6a0e-4d34-9c07-1d0f6a8c2b12",
)


@dataclass(frozen=True)
class Answer:
    """`headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def web_event(
    method: str,
    path: str,
    resource: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """`resource` is the template's path, `/in/{source}`; BinaryMediaTypes is `*/*`: every body arrives in base64."""
    sent, asked = dict(headers or {}), dict(query or {})
    names = zip(resource.split("/"), path.split("/"), strict=True)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": sent or None,
        "multiValueHeaders": {name: [value] for name, value in sent.items()} or None,
        "queryStringParameters": asked or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in asked.items()} or None,
        "pathParameters": {name.strip("{}"): value for name, value in names if name.startswith("{")} or None,
        "stageVariables": None,
        "requestContext": {"stage": "v1", "identity": {"sourceIp": "203.0.113.7"}, "resourcePath": resource},
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }


def answered(response: Mapping[str, Any]) -> Answer:
    headers = {name.lower(): value for name, value in (response.get("headers") or {}).items()}
    return Answer(response["statusCode"], headers, response.get("body") or "")
