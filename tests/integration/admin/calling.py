"""The admin API as its clients see it: the real handler, called with events as API Gateway's REST proxy shapes them."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from functions.admin_api.app import handler

CONTEXT = SimpleNamespace(
    function_name="admin",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:admin",
    aws_request_id="8f6f1a52-6a0e-4d34-9c07-1d0f6a8c2b11",
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

    @property
    def problems(self) -> dict[str, str]:
        """The errors of a problem, or the problems of a draft, by path."""
        found = self.json.get("errors", self.json.get("problems", []))
        return {problem["path"]: problem["message"] for problem in found}


@dataclass(frozen=True)
class Admin:
    """One client with its token; None calls without."""

    token: str | None

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`body` is sent as it is when it is bytes, as JSON otherwise. `path` may have a query."""
        sent = {"Host": "api.example.com", "Accept": "*/*", **(headers or {})}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body, ensure_ascii=False).encode()
        if data is not None and content_type:
            sent["Content-Type"] = content_type
        return answered(handler(event(method, path, sent, data), CONTEXT))

    def get(self, path: str, **options: Any) -> Answer:
        return self("GET", path, **options)

    def put(self, path: str, body: Any, **options: Any) -> Answer:
        return self("PUT", path, body, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self("POST", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self("DELETE", path, **options)


def answered(response: Mapping[str, Any]) -> Answer:
    """As API Gateway turns a proxy response into HTTP: it takes both forms of headers."""
    headers = {name.lower(): value for name, value in (response.get("headers") or {}).items()}
    headers |= {name.lower(): values[0] for name, values in (response.get("multiValueHeaders") or {}).items()}
    assert not response.get("isBase64Encoded")
    return Answer(response["statusCode"], headers, response.get("body") or "")


def event(method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> dict[str, Any]:
    """BinaryMediaTypes is `*/*`: every body arrives in base64."""
    split = urlsplit(path)
    query = parse_qsl(split.query, keep_blank_values=True)
    return {
        "resource": "/admin/{proxy+}",
        "path": split.path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query} or None,
        "pathParameters": {"proxy": split.path.removeprefix("/admin/")},
        "stageVariables": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "tests"},
            "path": f"/v1{split.path}",
            "protocol": "HTTP/1.1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "resourcePath": "/admin/{proxy+}",
            "stage": "v1",
        },
        "body": base64.b64encode(body).decode() if body is not None else None,
        "isBase64Encoded": body is not None,
    }
