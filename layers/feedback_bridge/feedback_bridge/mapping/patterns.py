"""Regular expressions that cannot be made slow: RE2 matches in time proportional to the text."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

_LONGEST = 1000
_MEMORY = 1 << 20


class BadPattern(ValueError):
    """The text is not a regular expression that RE2 understands; the sentence says why."""


def compile_pattern(pattern: str, *, ignore_case: bool = False) -> Callable[[str], Any]:
    """A function from text to the first match or None. Raises BadPattern.

    RE2 syntax (https://github.com/google/re2/wiki/Syntax): no look-around, no back-references.
    """
    if len(pattern) > _LONGEST:
        raise BadPattern(f"must be a regular expression of at most {_LONGEST} characters")
    re2: Any = import_module("re2")  # Only mappings that use `matches` or `extract` pay for the library.
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.case_sensitive = not ignore_case
    try:
        search: Callable[[str], Any] = re2.compile(pattern, options).search
    except (re2.error, UnicodeEncodeError) as error:
        raise BadPattern(f"must be a regular expression that RE2 understands: {_reason(error)}") from None
    return lambda text: search(text.encode("utf-8", "replace").decode("utf-8"))


def _reason(error: Exception) -> str:
    detail = error.args[0] if error.args else ""
    return detail.decode("utf-8", "replace") if isinstance(detail, bytes) else "it is not valid text"
