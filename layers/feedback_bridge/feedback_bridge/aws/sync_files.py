"""Where a run lays down what it has read, in the stack's bucket, and gives it back part by part.

One object a chunk holds all parts of it one after another, and an index beside it says where each begins: so a chunk
costs two PUTs, and a part one ranged GET a chunk, however many parts there are.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated

WORK, KEPT = "sync/work", "sync/runs"
"""What only the run needs, which its bucket forgets after some days, and what is kept to be looked at."""


@dataclass
class SyncFiles:
    bucket: str
    sync: str
    run: str
    _indexes: dict[str, list[int]] = field(default_factory=dict)

    def put_chunk(self, side: str, number: int, parts: Sequence[bytes | bytearray]) -> None:
        """Written again under the same name by whoever repeats the same piece of work."""
        offsets = [0, *accumulate(map(len, parts))]
        name = self._chunk(side, number)
        self._put(f"{name}.index", json.dumps(offsets).encode())
        self._put(name, b"".join(parts))

    def part(self, side: str, chunks: int, part: int) -> Iterator[bytes]:
        """What the chunks hold of one part, in their order."""
        for number in range(chunks):
            name = self._chunk(side, number)
            index = self._index(name)
            if index[part] < index[part + 1]:
                yield self._get(name, index[part], index[part + 1] - 1)

    def put_lines(self, name: str, lines: Sequence[Any], *, kept: bool = False, run: str | None = None) -> None:
        """JSON Lines. Nothing is written for no lines: `lines` finds none."""
        if lines:
            text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
            self._put(self._name(name, kept, run), text.encode("utf-8", "surrogatepass"))

    def lines(self, name: str, *, kept: bool = False, run: str | None = None) -> list[Any]:
        """Of this run, or of an earlier one. Empty where there is no such object."""
        try:
            with translated("read a sync's file"):
                reply = client("s3").get_object(Bucket=self.bucket, Key=self._name(name, kept, run))
                text = reply["Body"].read().decode("utf-8", "surrogatepass")
        except Exception as error:
            if "NoSuchKey" in f"{error} {error.__cause__}":
                return []
            raise
        return [json.loads(line) for line in text.split("\n")]

    def forget_work(self) -> None:
        """What is left behind by a run that died goes with the bucket's own rule."""
        prefix = f"{WORK}/{self.sync}/{self.run}/"
        with translated("clear a sync's working files"):
            pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            for page in pages:
                keys = [{"Key": item["Key"]} for item in page.get("Contents", [])]
                if keys:
                    client("s3").delete_objects(Bucket=self.bucket, Delete={"Objects": keys, "Quiet": True})

    def names(self, prefix: str, *, kept: bool = False, run: str | None = None) -> Iterator[str]:
        """In order, as `lines` takes them."""
        root = self._name("", kept, run)
        with translated("list a sync's files"):
            pages = client("s3").get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=root + prefix)
            for page in pages:
                yield from (item["Key"].removeprefix(root) for item in page.get("Contents", []))

    def _index(self, name: str) -> list[int]:
        if name not in self._indexes:
            self._indexes[name] = json.loads(self._get(f"{name}.index"))
        return self._indexes[name]

    def _chunk(self, side: str, number: int) -> str:
        return self._name(f"{side}/{number:06}", False)

    def _name(self, name: str, kept: bool, run: str | None = None) -> str:
        return f"{KEPT if kept else WORK}/{self.sync}/{run or self.run}/{name}"

    def _put(self, key: str, body: bytes) -> None:
        with translated("lay down what a sync has read"):
            client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)

    def _get(self, key: str, first: int | None = None, last: int | None = None) -> bytes:
        span = {"Range": f"bytes={first}-{last}"} if first is not None else {}
        with translated("read what a sync has laid down"):
            body: bytes = client("s3").get_object(Bucket=self.bucket, Key=key, **span)["Body"].read()
        return body
