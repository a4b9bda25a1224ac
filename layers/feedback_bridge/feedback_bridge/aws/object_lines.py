"""The lines of an object in S3 from any byte on, as they come in, and how far they have been read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.errors import PermanentError, TransientError

BLOCK_BYTES = 1024 * 1024


class Replaced(PermanentError):
    """The object is not the one that was read before."""


@dataclass
class ObjectLines:
    """Iterate after `open`. `offset` is the byte behind the last line that was given."""

    bucket: str
    key: str
    encoding: str
    offset: int = 0
    size: int = 0
    etag: str = ""
    _body: Any = None

    def open(self, offset: int, etag: str | None) -> None:
        """Raises Replaced, PermanentError where there is none, TransientError."""
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
                raise PermanentError("There is no such file.") from error
            raise
        self.offset, self.etag, self._body = offset, reply["ETag"], reply["Body"]
        self.size = offset + int(reply["ContentLength"])

    def __iter__(self) -> Iterator[str]:
        """Only a line feed ends a line: what else Unicode calls one belongs to the text. Raises UnicodeDecodeError."""
        rest, encoding = b"", self.encoding
        first = self.offset == 0
        while True:
            with translated("read a file"):
                block = self._body.read(BLOCK_BYTES)
            lines = (rest + block).split(b"\n")
            rest = lines.pop() if block else b""
            for line in lines:
                if first:
                    first = False
                    yield self._told(len(line) + 1, line.removeprefix(b"\xef\xbb\xbf").decode(encoding) + "\n")
                else:
                    self.offset += len(line) + 1
                    yield line.decode(encoding) + "\n"
            if not block:
                return

    def _told(self, size: int, text: str) -> str:
        self.offset += size
        return text


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
