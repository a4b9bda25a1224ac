"""/chatter/feed-elements: posts on records, which SOQL then finds as FeedItem."""

from __future__ import annotations

from typing import Any

from local.salesforce_org import ids
from local.salesforce_org.errors import SalesforceError, json_parser_error
from local.salesforce_org.http_types import RestRequest, RestResponse, as_list, as_object
from local.salesforce_org.rows.statement import Write

from .writing import perform

MAX_TEXT, MAX_POSTS = 10_000, 500


def post(request: RestRequest) -> RestResponse:
    body = request.json_object()
    if not body:
        body = {"subjectId": request.query.get("subjectId"), "feedElementType": request.query.get("feedElementType")}
    return RestResponse(201, _post(request, body))


def post_batch(request: RestRequest) -> RestResponse:
    inputs = request.json_object().get("inputs")
    if not isinstance(inputs, list) or not inputs or len(inputs) > MAX_POSTS:
        raise json_parser_error(f"inputs must hold 1 to {MAX_POSTS} feed elements")
    results: list[dict[str, Any]] = []
    for item in inputs:
        try:
            element = _post(request, as_object(as_object(item).get("richInput")))
            results.append({"result": element, "statusCode": 201})
        except SalesforceError as problem:
            results.append({"result": problem.as_response(), "statusCode": problem.status})
    return RestResponse(200, {"hasErrors": any(each["statusCode"] >= 400 for each in results), "results": results})


def _post(request: RestRequest, body: dict[str, Any]) -> dict[str, Any]:
    if body.get("feedElementType") != "FeedItem":
        raise SalesforceError("INVALID_ENUM_VALUE", "feedElementType must be FeedItem")
    subject = str(body.get("subjectId") or "")
    subject_id = request.session.user_id if subject == "me" else ids.normalise(subject)
    target = request.org.schema.by_prefix(subject_id) if subject_id else None
    if subject_id is None or target is None or "f" not in target.verbs:
        raise SalesforceError("INVALID_ID_FIELD", f"Invalid identifier: {subject}")
    text = _text(request, [as_object(each) for each in as_list(as_object(body.get("body")).get("messageSegments"))])
    write = Write("create", request.org.schema.objects["FeedItem"], {"ParentId": subject_id, "Body": text})
    perform(request, [write])
    if write.error is not None:
        raise write.error
    return _element(request, str(write.record_id), subject_id, target.name, text)


def _text(request: RestRequest, segments: list[dict[str, Any]]) -> str:
    """Text and mentions, joined as the post shows them."""
    if not segments:
        raise SalesforceError("REQUIRED_FIELD_MISSING", "messageSegments is required")
    users = request.org.store.table(request.org.schema.objects["User"])
    parts = []
    for segment in segments:
        if segment.get("type") == "Text":
            parts.append(str(segment.get("text") or ""))
        elif segment.get("type") == "Mention":
            user = users.get(ids.normalise(str(segment.get("id") or "")) or "")
            if user is None:
                raise SalesforceError("INVALID_ID_FIELD", f"Invalid identifier: {segment.get('id')}")
            parts.append(f"@{user['Name']}")
        else:
            raise SalesforceError("INVALID_ENUM_VALUE", f"Unknown message segment type: {segment.get('type')}")
    text = "".join(parts)
    if len(text) > MAX_TEXT:
        message = f"Body: data value too large (max length={MAX_TEXT})"
        raise SalesforceError("STRING_TOO_LONG", message, ["Body"])
    return text


def _element(request: RestRequest, item_id: str, parent_id: str, parent: str, text: str) -> dict[str, Any]:
    url = f"{request.base}/chatter/feed-elements/{item_id}"
    row = request.org.store.table(request.org.schema.objects["FeedItem"]).rows[item_id]
    return {
        "actor": {"id": request.session.user_id, "type": "User"},
        "body": {"isRichText": False, "messageSegments": [{"text": text, "type": "Text"}], "text": text},
        "createdDate": row["CreatedDate"].replace("+0000", "Z"),
        "feedElementType": "FeedItem",
        "id": item_id,
        "parent": {"id": parent_id, "type": parent, "url": f"{request.base}/chatter/records/{parent_id}"},
        "type": "TextPost",
        "url": url,
    }
