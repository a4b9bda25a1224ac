"""Cases of one test, one after the other on one stack: for what changes nothing, such as refusals. A stack for each
takes longer than all the cases."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any


def in_turn(names: str | Sequence[str], cases: Sequence[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """As pytest's `parametrize`, for a test that leaves everything as it was; a failing case is told with the error."""
    arguments = [names] if isinstance(names, str) else list(names)

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(**fixtures: Any) -> None:
            for case in cases:
                values = dict(zip(arguments, [case] if len(arguments) == 1 else case, strict=True))
                try:
                    test(**fixtures, **values)
                except BaseException as error:
                    error.add_note(f"in the case {values}")
                    raise

        signature = inspect.signature(test)
        fixtures = [part for name, part in signature.parameters.items() if name not in arguments]
        run.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]
        return run

    return decorate
