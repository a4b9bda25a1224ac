"""The problems that an operation may answer."""

from typing import Any

from feedback_bridge.runtime.openapi.shapes import ref

_WORDS = {
    400: "The body cannot be read.",
    401: "No valid token, or no valid signature.",
    403: "The token's scope does not include this.",
    404: "There is no such thing.",
    409: "Somebody changed it meanwhile, or something that it needs cannot be used until a person mends it.",
    413: "The body is too large.",
    415: "The content type is not one that is taken.",
    422: "It was understood and is not valid; `errors` say where.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "Not now; `Retry-After` says when to come again.",
}
_WAITS = {429, 503}
_OF_BODIES = {400, 413, 415}


def problems(method: str, takes_body: bool, *, token: bool = True) -> dict[str, Any]:
    """By status. A GET has no body to be wrong; without a token none can be too weak."""
    left_out = set() if takes_body or method in ("POST", "PUT") else _OF_BODIES
    left_out |= set() if token else {403}
    return {str(status): problem(status) for status in _WORDS if status not in left_out}


def problem(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/Problem{status}"}


def responses() -> dict[str, Any]:
    """The components that `problem` refers to."""
    return {f"Problem{status}": _response(status) for status in _WORDS}


def _response(status: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": _WORDS[status],
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }
    if status in _WAITS:
        found["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return found
