"""The `sObject` of an outbound message: a record of some type, its fields as text."""

import re
from xml.etree.ElementTree import Element, register_namespace

from pydantic import JsonValue

from feedback_bridge.config.problem import Problem
from feedback_bridge.sources.tool import InvalidEvent

XSI = "http://www.w3.org/2001/XMLSchema-instance"
OBJECTS = "urn:sobject.enterprise.soap.sforce.com"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")

register_namespace("xsi", XSI)
register_namespace("sf", OBJECTS)


def object_of(record: Element, path: str) -> str:
    """`Contact` of `xsi:type="sf:Contact"`. Raises InvalidEvent."""
    name = record.get(f"{{{XSI}}}type", "").rpartition(":")[2]
    if not _NAME.fullmatch(name):
        raise InvalidEvent([Problem(path=f"{path}.sObject", message="names no object in xsi:type")])
    return name


def fields_of(record: Element, path: str) -> dict[str, JsonValue]:
    """By API name: text, or an object for a field of several parts such as an address.

    What is empty is not there, and what is not there says nothing. Raises InvalidEvent for a field that comes twice.
    """
    found: dict[str, JsonValue] = {}
    for field in record:
        name = field.tag.rpartition("}")[2]
        if name in found:
            raise InvalidEvent([Problem(path=f"{path}.sObject", message="has the same field twice")])
        value: JsonValue = fields_of(field, path) if len(field) else (field.text or "")
        if value and field.get(f"{{{XSI}}}nil") not in ("true", "1"):
            found[name] = value
    return found
