"""The two kinds of trouble there are above an adapter."""


class BridgeError(Exception):
    """Something went wrong that we know how to talk about; `str(error)` is a sentence without personal data."""


class TransientError(BridgeError):
    """Trying again later can succeed.

    `retry_after` is the number of seconds the other side asks for, when it says so.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermanentError(BridgeError):
    """Trying again cannot help until a person changes something: record it and show it."""
