"""/composite/batch: up to 25 independent requests, each counted and answered by itself."""

from __future__ import annotations

from typing import Any

from local.salesforce_org.errors import SalesforceError, json_parser_error
from local.salesforce_org.http_types import RestRequest, RestResponse, as_object

from .subrequests import call

MAX_REQUESTS = 25


def batch(request: RestRequest) -> RestResponse:
    body = request.json_object()
    items = body.get("batchRequests")
    if not isinstance(items, list) or not items:
        raise json_parser_error("At least one batch request is required")
    if len(items) > MAX_REQUESTS:
        raise SalesforceError("LIMIT_EXCEEDED", f"The request can't include more than {MAX_REQUESTS} subrequests")
    halt = body.get("haltOnError") is True
    results: list[dict[str, Any]] = []
    has_errors = False
    for item in map(as_object, items):
        if halt and has_errors:
            halted = [{"errorCode": "BATCH_PROCESSING_HALTED", "message": "Batch processing halted per request"}]
            results.append({"statusCode": 412, "result": halted})
            continue
        url = "/services/data/" + str(item.get("url", "")).removeprefix("/services/data/").lstrip("/")
        answer = call(request, str(item.get("method", "GET")), url, item.get("richInput"), {}, None)
        has_errors = has_errors or answer.status >= 400
        results.append({"statusCode": answer.status, "result": answer.body})
    return RestResponse(200, {"hasErrors": has_errors, "results": results})
