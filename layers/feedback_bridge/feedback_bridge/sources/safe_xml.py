"""XML from outside, read within bounds: no document type, no entities, nothing fetched, neither deep nor endless.

A document type is the root of every known trick (entity expansion, external entities, parameter entities): whoever has
one is refused before anything of it is looked at.
"""

from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from feedback_bridge.sources.tool import Unreadable

MAX_DEPTH = 16
MAX_ELEMENTS = 100_000


class _Bounded(TreeBuilder):
    """Stops at the bounds instead of building the tree first and looking at it afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._elements = 0

    def start(self, tag: Any, attrs: dict[Any, Any]) -> Element:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"The body is nested more than {MAX_DEPTH} levels deep.")
        if self._elements > MAX_ELEMENTS:
            raise Unreadable(f"The body has more than {MAX_ELEMENTS} elements.")
        return super().start(tag, attrs)

    def end(self, tag: str) -> Element:
        self._depth -= 1
        return super().end(tag)


def parse_xml(body: bytes) -> Element:
    """The root element. Raises Unreadable with a sentence that repeats nothing of the body."""
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(body)
        root: Element = parser.close()
    except DefusedXmlException:
        raise Unreadable("The body has a document type or entities, which are not read.") from None
    except ParseError as error:
        line, column = error.position
        raise Unreadable(f"The body is not well-formed XML: see line {line}, column {column}.") from None
    except (ValueError, LookupError):
        raise Unreadable("The body is in an encoding that is not read here; send UTF-8.") from None
    return root
