"""What tools and orgs call: authenticated by signatures and shared secrets, not by tokens."""

from collections.abc import Mapping
from typing import Any

from feedback_bridge.runtime.openapi.problems import problem, problems
from feedback_bridge.runtime.openapi.shapes import ANYTHING, TEXT, many, one_of, ref, shape

_NO_TOKEN: list[dict[str, list[str]]] = []


def _path(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema, "description": description}


_SOURCE = _path("source", "The source's id.")
_RECEIPT = {
    "allOf": [ref("Receipt"), {"type": "object", "properties": {"events": many(ref("Receipt"))}}],
    "description": "`events` is there for a body of several; the first of them is also told by itself.",
}
_KEY = {
    "name": "key",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "The secret, for a tool that carries it in the address.",
}

_RECEIVE = {
    "operationId": "receive",
    "summary": "Take a tool's webhook",
    "description": "Answered once the event is durable. The same event again is a duplicate, with the same id. The "
    "body and its signature are as the tool makes them: docs/sources.md.",
    "security": _NO_TOKEN,
    "parameters": [_SOURCE, _KEY],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ANYTHING},
            "application/x-www-form-urlencoded": {"schema": {"type": "object"}},
            "multipart/form-data": {"schema": {"type": "object"}},
        },
    },
    "responses": {
        "202": {"description": "It is safe.", "content": {"application/json": {"schema": _RECEIPT}}},
        **problems("POST", True, token=False),
    },
}
_CHECK = {
    "operationId": "check_source",
    "summary": "Answer a tool's check of the URL",
    "security": _NO_TOKEN,
    "parameters": [_SOURCE],
    "responses": {
        "200": {
            "description": "There is such a source.",
            "content": {"application/json": {"schema": shape(source=TEXT, status=one_of(("ready",)))}},
        },
        **problems("GET", False, token=False),
    },
}
_OUTBOUND = {
    "operationId": "receive_outbound_message",
    "summary": "Take an org's outbound message",
    "description": "SOAP 1.1. Acknowledged once every notification is durable; a Fault makes Salesforce send it again.",
    "security": _NO_TOKEN,
    "parameters": [_path("org", "The org's id."), {**_KEY, "description": "The secret of outbound_messages."}],
    "requestBody": {"required": True, "content": {"text/xml": {"schema": {"type": "string"}}}},
    "responses": {
        "200": {"description": "The acknowledgement.", "content": {"text/xml": {"schema": {"type": "string"}}}},
        **problems("POST", True, token=False),
        "500": {"description": "A SOAP Fault.", "content": {"text/xml": {"schema": {"type": "string"}}}},
    },
}
_THIS = {
    "operationId": "show_openapi",
    "summary": "Show this document",
    "security": _NO_TOKEN,
    "parameters": [],
    "responses": {
        "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
        "429": problem(429),
    },
}

INTAKE: Mapping[str, Mapping[str, Any]] = {
    "/in/{source}": {"get": _CHECK, "post": _RECEIVE},
    "/salesforce/{org}/outbound-messages": {"post": _OUTBOUND},
    "/openapi.json": {"get": _THIS},
}
