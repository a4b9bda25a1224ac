"""What clients send: JSON or YAML, of a sane size and depth."""

import json
from typing import Any

from feedback_bridge.runtime.admin.call import Call, Wrong, unfit
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.tool import Unreadable

MAX_DOCUMENT_BYTES = 256 * 1024
"""Of a config document as JSON: with its copy in a version it stays within one transaction and each within an item."""

_YAML = {"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"}


def object_in(call: Call, *, optional: bool = False) -> dict[str, Any]:
    """The object that was sent; empty where none was and that is `optional`. Raises Wrong 400, 413, 415, 422."""
    if optional and not call.body.strip():
        return {}
    value = _value(call)
    if not isinstance(value, dict):
        raise unfit("", "must be an object: names and values")
    return value


def document_in(call: Call) -> dict[str, Any]:
    """A config document. Raises Wrong 400, 413, 415, 422."""
    document = object_in(call)
    if len(json.dumps(document, ensure_ascii=False).encode()) > MAX_DOCUMENT_BYTES:
        raise Wrong(413, f"A config document may have at most {MAX_DOCUMENT_BYTES} bytes.")
    return document


def _value(call: Call) -> Any:
    if len(call.body) > bodies.MAX_BYTES:
        raise Wrong(413, f"A body may have at most {bodies.MAX_BYTES} bytes.")
    content_type = call.headers.get("content-type") or bodies.JSON
    if bodies.media_type(content_type) in _YAML:
        return _yaml(call.body)
    if not bodies.is_json(content_type):
        raise Wrong(415, "The content type must be application/json or application/yaml.")
    try:
        return bodies.json_value(call.body)
    except Unreadable as error:
        raise Wrong(400, str(error)) from None


def _yaml(body: bytes) -> Any:
    from feedback_bridge.config.text import Unreadable as UnreadableText
    from feedback_bridge.config.text import one_document, read_documents

    try:
        return one_document(read_documents(body.decode("utf-8-sig"))).data
    except UnicodeDecodeError as error:
        raise Wrong(400, f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    except UnreadableText as error:
        where = f" (line {error.line})" if error.line else ""
        raise Wrong(400, f"The body cannot be read: {error}{where}.") from None
