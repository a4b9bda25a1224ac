"""Answers of API Gateway functions; errors are problem details (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from feedback_bridge.config.problem import Problem

Response = dict[str, Any]


def answer(
    status: int, body: Any, *, content_type: str = "application/json", headers: Mapping[str, str] | None = None
) -> Response:
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type, **(headers or {})},
        "body": json.dumps(body, ensure_ascii=False),
    }


def problem_body(status: int, detail: str, errors: Sequence[Problem] = ()) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if errors:
        body["errors"] = [error.model_dump() for error in errors]
    return body


def problem(
    status: int, detail: str, errors: Sequence[Problem] = (), *, headers: Mapping[str, str] | None = None
) -> Response:
    """`errors` name what is wrong by path."""
    return answer(
        status, problem_body(status, detail, errors), content_type="application/problem+json", headers=headers
    )
