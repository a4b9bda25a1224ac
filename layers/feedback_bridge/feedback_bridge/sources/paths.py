"""JMESPath over what a tool sent. The parser is imported when a path is first used: most sources have none."""

from typing import Annotated, Any

from pydantic import AfterValidator, JsonValue

from feedback_bridge.config.document import Path


def find(path: str, document: JsonValue) -> JsonValue:
    """What `path` finds, or None: also where a function of the path does not take the type that it meets."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        found: JsonValue = jmespath.search(path, document)
    except (JMESPathError, RecursionError):
        return None
    return found if found is None or isinstance(found, (str, bool, int, float, list, dict)) else None


def checked(path: str) -> str:
    """`path`, when it is a JMESPath expression of known functions. Raises ValueError saying where it is not."""
    import jmespath
    from jmespath.exceptions import JMESPathError, ParseError

    try:
        unknown = _functions(jmespath.compile(path).parsed) - _known_functions()
    except ParseError as error:
        raise ValueError(f"is not a JMESPath expression: wrong at character {error.lex_position + 1}") from None
    except (JMESPathError, RecursionError):
        raise ValueError("is not a JMESPath expression") from None
    if unknown:
        raise ValueError(f"uses a function that JMESPath does not have: {', '.join(sorted(unknown))}")
    return path


def _functions(node: Any) -> set[str]:
    """The functions called in a parsed expression; JMESPath itself looks them up only when it meets them."""
    if not isinstance(node, dict):
        return set()
    called = {node["value"]} if node.get("type") == "function_expression" else set()
    return called.union(*map(_functions, node.get("children", ())))


def _known_functions() -> set[str]:
    from jmespath.functions import Functions

    return set(Functions.FUNCTION_TABLE)


BodyPath = Annotated[Path, AfterValidator(checked)]
"""A path over the body as it came, not over the Feedback."""
