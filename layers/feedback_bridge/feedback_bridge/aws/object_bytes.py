"""An object in S3 read here and there, as formats with an index at their end want it."""

import io
from dataclasses import dataclass, field

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.object_lines import NoSuchObject, Replaced
from feedback_bridge.errors import BridgeError, TransientError

BLOCK_BYTES, MOST_BLOCKS = 1024 * 1024, 64
"""Read at once, and remembered: columns lie apart from each other, and are read in turns."""


@dataclass
class ObjectBytes:
    """What a reader of files needs of one. `trouble` is the error that a read ended with: readers hide it."""

    bucket: str
    key: str
    etag: str | None = None
    size: int = 0
    trouble: BridgeError | None = None
    _at: int = 0
    _blocks: dict[int, bytes] = field(default_factory=dict)

    def open(self) -> None:
        """Raises NoSuchObject, Replaced, TransientError, PermanentError."""
        self._block(0)

    def read(self, size: int = -1) -> bytes:
        end = self.size if size < 0 else min(self.size, self._at + size)
        parts = []
        while self._at < end:
            number, begins = divmod(self._at, BLOCK_BYTES)
            part = self._block(number)[begins : begins + end - self._at]
            parts.append(part)
            self._at += len(part)
        return b"".join(parts)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) >= MOST_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            try:
                self._blocks[number] = self._asked(number * BLOCK_BYTES)
            except BridgeError as error:
                self.trouble = error
                raise
        return self._blocks[number]

    def _asked(self, offset: int) -> bytes:
        match = {"IfMatch": self.etag} if self.etag else {}
        span = f"bytes={offset}-{offset + BLOCK_BYTES - 1}"
        try:
            with translated("read a file"):
                reply = client("s3").get_object(Bucket=self.bucket, Key=self.key, Range=span, **match)
                body: bytes = reply["Body"].read()
        except TransientError as error:
            if "PreconditionFailed" in str(error):
                raise Replaced("The file was replaced.") from error
            if "NoSuchKey" in str(error):
                raise NoSuchObject("There is no such file.") from error
            if "InvalidRange" in str(error):
                return b""
            raise
        self.etag = reply["ETag"]
        self.size = int(reply["ContentRange"].rpartition("/")[2])
        return body
