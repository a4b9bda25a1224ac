"""Paths: JMESPath over a feedback document (https://jmespath.org/specification.html), made ready once.

A path may begin with `feedback.`, which stands for the document itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.functions import Functions

Get = Callable[[Mapping[str, Any]], Any]
"""Feedback document -> what the path finds, or None."""

_Node = dict[str, Any]
_ROOT = "feedback"
_DEEPEST = 40


class BadPath(ValueError):
    """The text is not a path that can be used; the sentence says why."""


def parse_path(path: str) -> _Node:
    """The expression's tree. Raises BadPath."""
    try:
        tree: _Node = dict(jmespath.compile(path).parsed)
    except (JMESPathError, ValueError, RecursionError) as error:
        raise BadPath(f"is not a valid path (JMESPath): {_reason(error)}") from None
    _inspect(tree)
    return tree


def _reason(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0].rstrip(":")


def _inspect(tree: _Node) -> None:
    """Refuse what would only fail when feedback comes: unknown functions, wrong argument counts, too much nesting."""
    level = [tree]
    for _ in range(_DEEPEST):
        if not level:
            return
        for node in level:
            if node["type"] == "function_expression":
                _inspect_call(node)
            if node["type"] == "slice" and len(node["children"]) == 3 and node["children"][2] == 0:
                raise BadPath("has a slice with a step of 0")
        level = [child for node in level for child in node["children"] if isinstance(child, dict)]
    if level:
        raise BadPath("is nested too deeply")


def _inspect_call(node: _Node) -> None:
    known = Functions.FUNCTION_TABLE.get(node["value"])
    if known is None:
        raise BadPath(f"calls an unknown function {node['value']}()")
    signature, given = known["signature"], len(node["children"])
    variadic = bool(signature) and signature[-1].get("variadic", False)
    if given < len(signature) or (given > len(signature) and not variadic):
        raise BadPath(f"gives {node['value']}() {given} arguments; it takes {len(signature)}")


def keys_of(path: str) -> tuple[str, ...] | None:
    """The names that a plain dotted path walks through, or None for any other expression. Raises BadPath."""
    return _plain_keys(parse_path(path))


def _plain_keys(tree: _Node) -> tuple[str, ...] | None:
    keys: list[str] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        if node["type"] == "field":
            keys.append(node["value"])
        elif node["type"] == "subexpression":
            pending.extend(reversed(node["children"]))
        else:
            return None
    if len(keys) > 1 and keys[0] == _ROOT:
        keys = keys[1:]
    return tuple(keys)


def getter(path: str) -> Get:
    """A function that applies the path, with JMESPath's own meaning. Raises BadPath."""
    tree = parse_path(path)
    keys = _plain_keys(tree)
    return _walk(keys) if keys is not None else _search(path, tree)


def _walk(keys: tuple[str, ...]) -> Get:
    """Plain dotted paths, several times as fast as the library: they are nearly all there are."""
    if len(keys) == 1:
        return _walk_one(*keys)
    if len(keys) == 2:
        return _walk_two(*keys)
    if len(keys) == 3:
        return _walk_three(*keys)

    def walk(document: Mapping[str, Any]) -> Any:
        found: Any = document
        try:
            for key in keys:
                found = found.get(key)
        except AttributeError:
            return None
        return found

    return walk


def _walk_one(key: str) -> Get:
    return lambda document: document.get(key)


def _walk_two(first: str, second: str) -> Get:
    def walk(document: Mapping[str, Any]) -> Any:
        found = document.get(first)
        if found is None:
            return None
        try:
            return found.get(second)
        except AttributeError:
            return None

    return walk


def _walk_three(first: str, second: str, third: str) -> Get:
    def walk(document: Mapping[str, Any]) -> Any:
        found = document.get(first)
        if found is None:
            return None
        try:
            return found.get(second).get(third)
        except AttributeError:
            return None

    return walk


def _search(path: str, tree: _Node) -> Get:
    """Any other expression. One that cannot be applied to a feedback (a function of the wrong type) finds nothing."""
    search = jmespath.compile(path).search
    rooted = _names_root(tree)

    def find(document: Mapping[str, Any]) -> Any:
        try:
            return search({_ROOT: document, **document} if rooted else document)
        except (JMESPathError, ArithmeticError, AttributeError, RecursionError, TypeError, ValueError):
            return None

    return find


def _names_root(tree: _Node) -> bool:
    pending = [tree]
    while pending:
        node = pending.pop()
        if node["type"] == "field" and node["value"] == _ROOT:
            return True
        pending.extend(child for child in node["children"] if isinstance(child, dict))
    return False
