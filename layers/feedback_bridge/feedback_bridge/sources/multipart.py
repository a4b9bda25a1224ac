"""Bodies of `multipart/form-data` (RFC 7578), strictly: what is not shaped as browsers send it is refused.

No nested parts, no transfer encodings, no text before the first or after the last boundary: each of them is a way to
make two programs see two different forms.
"""

import re

from pydantic import JsonValue

from feedback_bridge.sources.body import MAX_FIELDS, charset, grouped, in_charset, media_type, parameter
from feedback_bridge.sources.tool import Unreadable

MAX_HEADERS = 4096

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=?-]{1,70}")
_DISPOSITION = re.compile(
    r'form-data; ?name="([^"\r\n]*)"(; ?filename="([^"\r\n]*)")?(; ?filename\*=[^;\r\n]*)?', re.IGNORECASE
)
_AS_IT_IS = {"", "7bit", "8bit", "binary"}


def multipart_fields(body: bytes, content_type: str) -> dict[str, JsonValue]:
    """Each field's text; a file is told of (`filename`, `content_type`, `bytes`) and left in the body.

    A name sent several times becomes a list. Raises UnsupportedType, Unreadable.
    """
    boundary = parameter(content_type, "boundary")
    if not _BOUNDARY.fullmatch(boundary):
        raise Unreadable("The content type names no usable boundary.")
    encoding = charset(content_type)
    return grouped(_field(part, encoding) for part in _parts(body, boundary.encode()))


def _parts(body: bytes, boundary: bytes) -> list[bytes]:
    pieces = re.split(rb"\r\n--" + re.escape(boundary) + rb"(?=\r\n|--)", b"\r\n" + body)
    if pieces[0] or len(pieces) < 2 or pieces[-1] not in (b"--", b"--\r\n"):
        raise Unreadable("The parts of the form are not enclosed by its boundary.")
    if len(pieces) - 2 > MAX_FIELDS:
        raise Unreadable(f"The form has more than {MAX_FIELDS} fields.")
    return [piece.removeprefix(b"\r\n") for piece in pieces[1:-1]]


def _field(part: bytes, encoding: str) -> tuple[str, JsonValue]:
    head, found, content = part.partition(b"\r\n\r\n")
    if not found or len(head) > MAX_HEADERS:
        raise Unreadable("A part of the form has no end of its headers.")
    headers = _headers(in_charset(head, encoding))
    disposition = _DISPOSITION.fullmatch(headers.get("content-disposition", ""))
    if not disposition:
        raise Unreadable("A part of the form has no usable Content-Disposition.")
    kind = headers.get("content-type", "text/plain")
    if disposition[2] or disposition[4]:
        name: JsonValue = disposition[3] or None
        return disposition[1], {"filename": name, "content_type": media_type(kind), "bytes": len(content)}
    return disposition[1], in_charset(content, charset(kind) if parameter(kind, "charset") else encoding)


def _headers(text: str) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        key = name.strip().lower()
        if key in headers:
            raise Unreadable("A part of the form has the same header twice.")
        headers[key] = value.strip()
    if headers.get("content-transfer-encoding", "").lower() not in _AS_IT_IS:
        raise Unreadable("A part of the form is encoded, which forms may not be (RFC 7578, section 4.7).")
    return headers
