"""The tool's side of a sync, whatever the tool: rows in pages, from a position that can be kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from feedback_bridge.errors import PermanentError
from feedback_bridge.sync.document import FileTool, parse_sync
from feedback_bridge.sync.run import Run

Position = dict[str, Any]


class Stopped(PermanentError):
    """The run ends here, and nothing was written: the sentence says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """`rows` are key and values as text, in the order of the columns asked for. `position` None: there is no more."""

    rows: Iterator[Sequence[str]]
    position: Callable[[], Position | None]
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a pull sets on one visitor or account; `key` as the tool knows it. None clears."""

    key: str
    values: Mapping[str, Any]


class Tool(Protocol):
    def most_rows(self) -> int:
        """No fewer than there are, as far as can be told beforehand. Raises Stopped, TransientError."""

    def read(self, position: Position, columns: Sequence[str], most: int) -> Page:
        """At most so many rows from there (an empty position: from the start). Raises Stopped, TransientError."""

    def write(self, batch: Sequence[Metadata], name: str) -> dict[str, str]:
        """Why each refused key was refused. `name` is the same whenever the same batch is written again."""


def tool_of(run: Run) -> Tool:
    """For one run: what a tool gives only whole is laid down beside the run's other files."""
    sync = parse_sync(run.document)
    if isinstance(sync.tool, FileTool) and sync.tool.format == "parquet":
        from feedback_bridge.runtime.sync.parquet_tool import parquet_tool

        return parquet_tool(sync.tool)
    if isinstance(sync.tool, FileTool):
        from feedback_bridge.runtime.sync.file_tool import file_tool

        return file_tool(sync.tool)
    from feedback_bridge.runtime.sync.pendo_tool import pendo_tool

    return pendo_tool(sync.tool, sync.pull.group if sync.pull else "custom", run)
