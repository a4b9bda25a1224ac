"""One logger for a process. Ids, counts and reasons are logged; bodies, answers and addresses never are."""

import traceback
from collections.abc import Iterator

from aws_lambda_powertools.logging import Logger

logger = Logger(log_uncaught_exceptions=True)


def told_of(error: BaseException) -> list[str]:
    """What is logged of an unforeseen error: its kind and its places, and those of what caused it. Not its text, which
    may repeat what a customer wrote."""
    return list(_lines(traceback.TracebackException.from_exception(error)))


def _lines(error: traceback.TracebackException) -> Iterator[str]:
    yield error.exc_type.__name__ if error.exc_type else "?"
    yield from (f"{frame.filename}:{frame.lineno} {frame.name}" for frame in error.stack)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _lines(cause)
