"""Requests inside a request: for composite, graph and batch. References are put in, answers become dictionaries."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from local.salesforce_org.errors import SalesforceError, json_parser_error
from local.salesforce_org.http_types import RestRequest, RestResponse, as_error_response, as_halted, as_object
from local.salesforce_org.rows.statement import Transaction

REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
REFERENCE = re.compile(r"@\{([^}]*)\}")
STEP = re.compile(r"\.?([A-Za-z0-9_]+)|\[(\d+)\]")
SHOWN_HEADERS = ("Location", "ETag", "Last-Modified")
ROLLED_BACK = "The transaction was rolled back since another operation in the same transaction failed."
RULE = "must start with a letter or a number, and it can contain only letters, numbers and underscores ('_')."


class Halted(Exception):
    """The sub-request cannot run: what it refers to is missing or failed."""


@dataclass
class Node:
    """One sub-request and, later, its answer."""

    method: str
    url: str
    reference_id: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    response: RestResponse | None = None

    @property
    def failed(self) -> bool:
        return self.response is None or self.response.status >= 400

    def as_result(self) -> dict[str, Any]:
        response = self.response or as_halted(ROLLED_BACK)
        shown = {name: response.headers[name] for name in SHOWN_HEADERS if name in response.headers}
        return {
            "body": response.body,
            "httpHeaders": shown,
            "httpStatusCode": response.status,
            "referenceId": self.reference_id,
        }


def read_nodes(items: Any) -> list[Node]:
    """Raises JSON_PARSER_ERROR for anything but a list of sub-requests with distinct, well-formed reference ids."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise json_parser_error("Cannot deserialize instance of compositeRequest at [line:1, column:1]")
    nodes: list[Node] = []
    for item in items:
        reference = str(item.get("referenceId") or "")
        if not REFERENCE_ID.fullmatch(reference):
            raise json_parser_error(f"Provided referenceId ('{reference}') {RULE}")
        if any(node.reference_id == reference for node in nodes):
            raise json_parser_error(f"Duplicate ReferenceId provided in CompositeRequest - {reference}")
        given = as_object(item.get("httpHeaders"))
        headers = {str(name).lower(): str(value) for name, value in given.items()}
        nodes.append(Node(str(item.get("method", "")), str(item.get("url", "")), reference, item.get("body"), headers))
    return nodes


def run(outer: RestRequest, node: Node, earlier: dict[str, Node], transaction: Transaction | None) -> None:
    """Carries one node out; its answer is left in it, refusals too."""
    try:
        url, body = _filled(node.url, earlier), _filled(node.body, earlier)
    except Halted as problem:
        node.response = as_halted(str(problem))
        return
    node.response = call(outer, node.method, str(url), body, node.headers, transaction)


def call(
    outer: RestRequest, method: str, url: str, body: Any, headers: dict[str, str], transaction: Transaction | None
) -> RestResponse:
    """One request as if it had come over the wire, without counting as a call of its own."""
    from .routes import answer

    parts = urlsplit(url)
    inherited = {name: value for name, value in outer.headers.items() if name.startswith("sforce-")}
    request = RestRequest(
        org=outer.org,
        session=outer.session,
        method=method.upper(),
        path=parts.path,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers={**inherited, **headers},
        parsed=body,
        transaction=transaction,
    )
    try:
        return answer(request)
    except SalesforceError as problem:
        return as_error_response(problem)


def _filled(value: Any, earlier: dict[str, Node]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, earlier) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, earlier) for each in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _resolve(whole.group(1), earlier)
    return REFERENCE.sub(lambda match: str(_resolve(match.group(1), earlier)), value)


def _resolve(text: str, earlier: dict[str, Node]) -> Any:
    steps = [name or int(index) for name, index in STEP.findall(text)]
    node = earlier.get(str(steps[0])) if steps else None
    if node is not None and node.failed:
        raise Halted(f"Execution halted as previous operation ({node.reference_id}) was not successful.")
    value: Any = node.response.body if node is not None and node.response is not None else None
    for step in steps[1:]:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
    if value is None:
        name = str(steps[0]) if steps else text
        problem = f"Invalid reference specified. No value for {text} found in {name}."
        raise Halted(f"{problem} Provided referenceId ('{text}') {RULE}")
    return value


def references_of(node: Node) -> set[str]:
    """The reference ids a node names, for the depth of a graph."""
    found = REFERENCE.findall(node.url)
    stack = [node.body]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack += value.values()
        elif isinstance(value, list):
            stack += value
        elif isinstance(value, str):
            found += REFERENCE.findall(value)
    return {re.split(r"[.\[]", each)[0] for each in found}
