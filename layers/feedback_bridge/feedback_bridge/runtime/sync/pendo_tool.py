"""Pendo as one side of a sync."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import requests

from feedback_bridge.aws.object_lines import put_stream
from feedback_bridge.aws.secrets import secret
from feedback_bridge.aws.sync_files import WORK
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.sync.file_tool import File
from feedback_bridge.runtime.sync.pendo_api import PendoApi
from feedback_bridge.runtime.sync.tools import Metadata, Page, Position
from feedback_bridge.sync.document import FileTool, PendoTool
from feedback_bridge.sync.rows import cell
from feedback_bridge.sync.run import Run

ROWS_A_CALL = 10_000
ROWS_A_WRITE = 1_000
UNKNOWN_SIZE = 200_000
"""Rows that are reckoned with while nobody knows."""


@dataclass(frozen=True)
class Pendo:
    """Rows are asked for in the order of their ids, from the one after the last: a position is an id.

    A report comes whole, so it is laid down as a file first and read from there.
    """

    tool: PendoTool
    group: str
    api: PendoApi
    bucket: str
    run: Run

    @property
    def id_name(self) -> str:
        return f"{self.tool.kind}Id"

    def most_rows(self) -> int:
        return UNKNOWN_SIZE

    def read(self, position: Position, columns: Sequence[str], most: int) -> Page:
        before = self.api.calls
        if self.tool.report:
            file = self._report(position)
            page = file.read(position, columns, most)
            return Page(page.rows, page.position, self.api.calls - before)
        rows = self.api.aggregate(self._stages(position.get("after"), min(most, ROWS_A_CALL)), self.run.id)
        paths = [(name, _path(name)) for name in columns]
        texts = ([str(row[self.id_name]), *(cell(row, name, path) for name, path in paths)] for row in rows)
        done = len(rows) < min(most, ROWS_A_CALL)
        following = None if done else {"after": str(rows[-1][self.id_name])}
        return Page(iter(texts), lambda: following, self.api.calls - before)

    def write(self, batch: Sequence[Metadata], name: str) -> dict[str, str]:
        refused: dict[str, str] = {}
        for start in range(0, len(batch), ROWS_A_WRITE):
            rows = [
                {self.id_name: item.key, "values": dict(item.values)} for item in batch[start : start + ROWS_A_WRITE]
            ]
            told = self.api.set_metadata(self.tool.kind, self.group, rows)
            refused |= {str(key): f"Pendo knows no {self.tool.kind} with this id" for key in told.get("missing") or ()}
        return refused

    def _stages(self, after: str | None, most: int) -> list[dict[str, object]]:
        source = "visitors" if self.tool.kind == "visitor" else "accounts"
        of_app: dict[str, object] | None = {"appId": self.tool.app} if self.tool.app is not None else None
        given: list[dict[str, object]] = [dict(stage) for stage in self.tool.pipeline or ()]
        stages = given or [{"source": {source: of_app}}]
        stages.append({"sort": [self.id_name]})
        if after is not None:
            # A JSON string is a string of Pendo's expressions as well.
            stages.append({"filter": f"{self.id_name} > {json.dumps(after)}"})
        return [*stages, {"limit": most}]

    def _report(self, position: Position) -> File:
        folder = f"{WORK}/{self.run.sync}/{self.run.id}"
        if not position:
            put_stream(self.bucket, f"{folder}/report.csv", self.api.report(str(self.tool.report)))
        return File(FileTool(path="report.csv", key=self.tool.key), self.bucket, folder)


def _path(name: str) -> list[str]:
    """`auto.lastvisit` is metadata of that group; what a pipeline named itself is found by its whole name."""
    return ["metadata", *name.split(".")]


@cache
def _http() -> requests.Session:
    return requests.Session()


def pendo_tool(tool: PendoTool, group: str, run: Run) -> Pendo:
    key = cache(lambda: secret(settings.stack_name(), tool.secret))
    return Pendo(tool, group, PendoApi(tool.address, key, _http()), settings.archive_bucket(), run)
