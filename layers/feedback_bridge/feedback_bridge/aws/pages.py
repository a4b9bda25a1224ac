"""Pages of DynamoDB queries: what is wrong with a cursor is the client's mistake, not ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from feedback_bridge.errors import PermanentError


class ForeignCursor(ValueError):
    """The cursor was not made by this list."""

    def __init__(self) -> None:
        super().__init__("the cursor does not belong to this list")


@contextmanager
def resumed(by_client: bool) -> Iterator[None]:
    """Around a query that may go on from a client's cursor: DynamoDB refuses a key that the query could not reach."""
    try:
        yield
    except PermanentError as error:
        if by_client and "ValidationException" in str(error):
            raise ForeignCursor from error
        raise
