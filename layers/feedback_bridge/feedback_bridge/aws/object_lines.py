"""The lines of an object in S3 from any byte on, as they come in, and how far they have been read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import chain
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.sync.lines import TooLong, lines, whole_lines

BLOCK_BYTES = 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Replaced(PermanentError):
    """The object is not the one that was read before."""


class NoSuchObject(PermanentError):
    """There is nothing under this name."""


@dataclass
class ObjectLines:
    """Iterate once, after `open`."""

    bucket: str
    key: str
    encoding: str
    size: int = 0
    etag: str = ""
    _body: Any = None
    _begins: int = 0
    _text: StringIO = field(default_factory=StringIO)
    """The block that lines are taken from at present, and the byte at which it begins."""

    def open(self, offset: int, etag: str | None) -> None:
        """Raises NoSuchObject, Replaced, TransientError, and PermanentError where our role may not read it."""
        asked: dict[str, Any] = {"Range": f"bytes={offset}-"} if offset else {}
        if etag:
            asked["IfMatch"] = etag
        try:
            with translated("read a file"):
                reply = client("s3").get_object(Bucket=self.bucket, Key=self.key, **asked)
        except TransientError as error:
            if "PreconditionFailed" in str(error):
                raise Replaced("The file was replaced.") from error
            if "NoSuchKey" in str(error):
                raise NoSuchObject("There is no such file.") from error
            raise
        except PermanentError as error:
            needed = f"s3:GetObject on {self.key}"
            raise PermanentError(
                f"{error} Our role needs {needed}, and the bucket's policy must not deny it."
            ) from error
        self._begins, self.etag, self._body = offset, reply["ETag"], reply["Body"]
        self.size = offset + int(reply["ContentLength"])

    @property
    def offset(self) -> int:
        """The byte behind the last line that was taken."""
        return self._begins + len(self._text.getvalue()[: self._text.tell()].encode(self.encoding))

    def __iter__(self) -> Iterator[str]:
        """Raises UnicodeDecodeError, TransientError, PermanentError for what has no lines."""
        return chain.from_iterable(self._texts())

    def _texts(self) -> Iterator[StringIO]:
        following = self._begins
        try:
            for block in whole_lines(self._blocks()):
                self._begins, following = following, following + len(block)
                text = block
                if self._begins == 0 and block.startswith(_BYTE_ORDER_MARK):
                    self._begins, text = len(_BYTE_ORDER_MARK), block.removeprefix(_BYTE_ORDER_MARK)
                self._text = lines(text.decode(self.encoding))
                yield self._text
        except TooLong:
            raise PermanentError("The file has a line that is longer than 32 MB.") from None

    def _blocks(self) -> Iterator[bytes]:
        while True:
            with translated("read a file"):
                block: bytes = self._body.read(BLOCK_BYTES)
            if not block:
                return
            yield block


def put_object(bucket: str, key: str, body: bytes) -> None:
    with translated("write a file"):
        client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def put_stream(bucket: str, key: str, blocks: Iterator[bytes]) -> None:
    """In parts, so that memory does not grow with it. Nothing is there until all of it is."""
    with translated("write a file"):
        client("s3").upload_fileobj(_Blocks(blocks), bucket, key)


class _Blocks:
    """Blocks that come one by one, read as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            block = next(self._blocks, None)
            if block is None:
                break
            self._rest += block
        size = len(self._rest) if size < 0 else size
        given, self._rest = self._rest[:size], self._rest[size:]
        return given
