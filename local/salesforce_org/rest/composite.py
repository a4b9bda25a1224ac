"""/composite: up to 25 requests in one call, later ones naming the answers of earlier ones."""

from __future__ import annotations

import re

from local.salesforce_org.errors import SalesforceError
from local.salesforce_org.http_types import RestRequest, RestResponse, as_halted
from local.salesforce_org.rows.statement import Transaction

from .subrequests import ROLLED_BACK, Node, read_nodes, run

MAX_SUBREQUESTS, MAX_QUERIES = 25, 5
QUERY_OR_COLLECTION = re.compile(r"/services/data/v[\d.]+/(query|queryAll|composite/sobjects)\b")


def composite(request: RestRequest) -> RestResponse:
    body = request.json_object()
    nodes = read_nodes(body.get("compositeRequest"))
    _check_size(nodes)
    if body.get("allOrNone") is True:
        run_together(request, nodes)
    else:
        done: dict[str, Node] = {}
        for node in nodes:
            run(request, node, done, None)
            done[node.reference_id] = node
    return RestResponse(200, {"compositeResponse": [node.as_result() for node in nodes]})


def _check_size(nodes: list[Node]) -> None:
    if len(nodes) > MAX_SUBREQUESTS:
        message = f"The request can't include more than {MAX_SUBREQUESTS} subrequests"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    if sum(1 for node in nodes if QUERY_OR_COLLECTION.match(node.url)) > MAX_QUERIES:
        message = f"The request can't include more than {MAX_QUERIES} query or collection subrequests"
        raise SalesforceError("LIMIT_EXCEEDED", message)


def run_together(request: RestRequest, nodes: list[Node]) -> bool:
    """All or none: at the first failure everything is taken back and the siblings say so. True when all went well."""
    transaction = Transaction(request.org)
    done: dict[str, Node] = {}
    try:
        for node in nodes:
            run(request, node, done, transaction)
            done[node.reference_id] = node
            if node.failed:
                break
    except BaseException:
        transaction.rollback()
        raise
    if not any(node.failed for node in nodes):
        transaction.commit()
        return True
    transaction.rollback()
    for node in nodes:
        if node.response is None or node.response.status < 400:
            node.response = as_halted(ROLLED_BACK)
    return False
