"""/composite/graph: several graphs of requests, each all or none, independent of one another."""

from __future__ import annotations

from typing import Any

from local.salesforce_org.errors import SalesforceError, json_parser_error
from local.salesforce_org.http_types import RestRequest, RestResponse, as_halted, as_object

from .composite import run_together
from .subrequests import Node, read_nodes, references_of

MAX_GRAPHS, MAX_NODES, MAX_DEPTH, MAX_KINDS, MAX_FAILURES = 75, 500, 15, 15, 14


def graph(request: RestRequest) -> RestResponse:
    items = request.json_object().get("graphs")
    if not isinstance(items, list) or not items:
        raise json_parser_error("At least one graph is required")
    graphs = [
        (str(each.get("graphId") or ""), read_nodes(each.get("compositeRequest"))) for each in map(as_object, items)
    ]
    _check(graphs)
    failures = 0
    results: list[dict[str, Any]] = []
    for graph_id, nodes in graphs:
        if failures >= MAX_FAILURES:
            for node in nodes:
                node.response = as_halted("The number of failed graphs exceeds the limit.")
            success = False
        else:
            success = run_together(request, nodes)
        failures += not success
        response = {"compositeResponse": [node.as_result() for node in nodes]}
        results.append({"graphId": graph_id, "graphResponse": response, "isSuccessful": success})
    return RestResponse(200, {"graphs": results})


def _check(graphs: list[tuple[str, list[Node]]]) -> None:
    if len(graphs) > MAX_GRAPHS or sum(len(nodes) for _, nodes in graphs) > MAX_NODES:
        raise SalesforceError("LIMIT_EXCEEDED", f"At most {MAX_GRAPHS} graphs and {MAX_NODES} nodes are allowed")
    for graph_id, nodes in graphs:
        kinds = {(node.method, node.url.split("?")[0].split("@")[0]) for node in nodes}
        if len(kinds) > MAX_KINDS or _depth(nodes) > MAX_DEPTH:
            message = f"Graph {graph_id} has more than {MAX_KINDS} kinds of nodes or is deeper than {MAX_DEPTH}"
            raise SalesforceError("LIMIT_EXCEEDED", message)


def _depth(nodes: list[Node]) -> int:
    depths: dict[str, int] = {}
    for node in nodes:
        depths[node.reference_id] = 1 + max((depths.get(each, 0) for each in references_of(node)), default=0)
    return max(depths.values(), default=0)
