"""Salesforce ids: 15 characters that mind case, or 18 with a checksum of that case (id, reference)."""

from typing import Any

from feedback_bridge.feedback.record_id import ID, checksum
from feedback_bridge.mapping.field_types.text import half_width
from feedback_bridge.mapping.field_types.unfit import Coerce, Unfit
from feedback_bridge.mapping.schema import FieldSchema


def read_id(value: Any) -> str:
    """The id in its 18-character form. Raises Unfit."""
    text = value if type(value) is str else half_width(value)
    if not ID.fullmatch(text):
        text = half_width(text)
        if not ID.fullmatch(text):
            raise Unfit("is not a Salesforce id (15 or 18 letters and digits)")
    suffix = checksum(text[:15])
    if len(text) == 18 and text[15:] != suffix:
        raise Unfit("is a Salesforce id whose capital and small letters were changed on the way")
    return text[:15] + suffix


def reference(field: FieldSchema) -> Coerce:
    def coerce(value: Any, notes: list[str]) -> str | None:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        return None if isinstance(value, str) and not value.strip() else read_id(value)

    return coerce
