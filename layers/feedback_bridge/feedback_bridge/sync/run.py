"""One execution of a sync: where it stands, and what it has counted. Saved whole after every piece of work."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Direction = Literal["push", "pull", "both"]
Status = Literal["running", "succeeded", "failed", "stopped", "cancelled"]
"""`stopped`: a guard objected, and nothing was written."""

Phase = Literal[
    "start",
    "ask_salesforce",
    "await_salesforce",
    "read_salesforce",
    "read_tool",
    "compare",
    "guard",
    "write",
    "pull",
    "report",
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Counts(_Part):
    """`told` are changes that became feedback; `calls` are Salesforce's, `tool_calls` the tool's.
    `gone` are troubles of the last run that are over."""

    read: int = 0
    records: int = 0
    matched: int = 0
    changed: int = 0
    written: int = 0
    unmatched: int = 0
    ambiguous: int = 0
    invalid: int = 0
    failed: int = 0
    told: int = 0
    new: int = 0
    still: int = 0
    gone: int = 0
    pulled: int = 0
    pulled_changed: int = 0
    pulled_written: int = 0
    pulled_deleted: int = 0
    calls: int = 0
    tool_calls: int = 0


class Side(_Part):
    """How far one side has been read: `position` is the reader's own, `chunks` are those laid down."""

    position: dict[str, Any] = {}
    chunks: int = 0
    rows: int = 0
    done: bool = False

    @property
    def about(self) -> int:
        """Rows that there are, as far as what has been read of a file tells; 0 where nothing does."""
        offset = int(self.position.get("offset", 0))
        return self.rows * int(self.position["size"]) // offset if offset else 0


class Writing(_Part):
    """`part` and `row`: the first change that has not been sent. `job`: the Bulk job that is under way."""

    part: int = 0
    row: int = 0
    bulk: bool = False
    job: str = ""


class Run(_Part):
    """`document` is the sync as it was when the run began, so that an edit does not change a run under way."""

    sync: str
    id: str
    document: dict[str, Any]
    version: int
    direction: Direction
    dry_run: bool = False
    force: bool = False
    by: str
    started_at: datetime
    ended_at: datetime | None = None
    status: Status = "running"
    reason: str | None = None
    phase: Phase = "start"
    key_kind: Literal["text", "number", "record_id"] = "text"
    job: str = ""
    parts: int = 1
    tool: Side = Side()
    salesforce: Side = Side()
    compared: int = 0
    cleared: dict[str, int] = {}
    held: dict[str, int] = {}
    writing: Writing = Writing()
    pulling: dict[str, str] = {}
    counts: Counts = Counts()

    def progress(self) -> tuple[int, int]:
        """Done and total of the present phase, in rows; a total of 0 where it is not known yet."""
        match self.phase:
            case "read_tool":
                return self.tool.rows, self.tool.about
            case "read_salesforce":
                return self.salesforce.rows, self.counts.records
            case "compare":
                return self.compared, self.parts
            case "write":
                return self.counts.written + self.counts.failed, self.counts.changed
            case _:
                return 0, 0


class LastGood(_Part):
    """What the next run compares with."""

    run: str
    rows: int | None = None
    parts: int = 0
    pull_cursor: dict[str, str] | None = None
