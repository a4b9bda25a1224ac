"""Answers in the shape of the Qualtrics API: everything lies in `result`, and `meta` tells how it went."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse


class Refused(Exception):
    """`code` and `message` as Qualtrics words them (seen on the wire for ATP_2 and DCD_7; the others are alike)."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = JSONResponse(
            {"meta": {**_meta(status), "error": {"errorMessage": message, "errorCode": code}}}, status, headers
        )


def given(result: Mapping[str, Any]) -> JSONResponse:
    return JSONResponse({"result": result, "meta": _meta(200)})


def refused_for(status: int, retry_after: int | None) -> Refused:
    """The answer of a fault that a test asked for."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Refused(status, f"STANDIN_{status}", HTTPStatus(status).phrase + ".", headers)


def _meta(status: int) -> dict[str, str]:
    return {"requestId": str(uuid.uuid4()), "httpStatus": f"{status} - {HTTPStatus(status).phrase}"}
