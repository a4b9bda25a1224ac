"""What a piece of work has at hand, and how it ends early."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feedback_bridge.aws.sync_files import SyncFiles
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.runtime.sync.tools import Tool
from feedback_bridge.salesforce.bulk_job import BulkJob, JobState
from feedback_bridge.sync.compare import FIRST_VALUE, Issue
from feedback_bridge.sync.document import SyncDocument, parse_sync
from feedback_bridge.sync.due import zone
from feedback_bridge.sync.run import LastGood, Run
from feedback_bridge.sync.values import Values, values_of

if TYPE_CHECKING:
    from feedback_bridge.salesforce.org import Org


SHORT_WAITS = (0.05, 0.3, 1.0)
LONG_WAIT = 15.0
"""Seconds, between looks at a job of Salesforce's, by this worker and by the next message."""


class Waiting(BridgeError):
    """Somebody else is at work for us: look again after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Salesforce is still working on a job.")
        self.seconds = seconds


@dataclass
class Work:
    """One run in one worker. `pause` waits seconds; `good` is the last good run, or None."""

    run: Run
    org: "Org"
    tool: Tool
    files: SyncFiles
    good: LastGood | None
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    @cached_property
    def sync(self) -> SyncDocument:
        return parse_sync(self.run.document)

    @cached_property
    def schema(self) -> ObjectSchema:
        """Raises PermanentError where the object is gone or hidden."""
        schema = self.org.schema(self.sync.salesforce.object)
        if schema is None:
            raise PermanentError(f"The org no longer shows {self.sync.salesforce.object} to our user.")
        return schema

    @cached_property
    def zone(self) -> ZoneInfo:
        return zone(self.org.traits().timezone)

    @cached_property
    def columns(self) -> list[Values]:
        """The pushed fields, in the order in which rows have them."""
        push = self.sync.push
        if push is None:
            return []
        return [
            values_of(self.schema.fields[name], rule, clears=(rule.blanks or push.blanks) == "clear", zone=self.zone)
            for name, rule in push.fields.items()
        ]

    @property
    def wanted(self) -> list[str]:
        """The tool's columns, in the same order."""
        return [rule.from_ for rule in self.sync.push.fields.values()] if self.sync.push else []

    @property
    def width(self) -> int:
        """Columns that both sides are laid down with: key, name, and a value for each pushed field."""
        return len(self.columns) + FIRST_VALUE

    def issue(self, name: str, issues: Sequence[Issue]) -> None:
        """Kept under a name that a repetition of the same piece of work writes again."""
        rows = [[item.trouble, item.key, item.record_id, item.field, item.reason, item.since] for item in issues]
        self.files.put_lines(f"issues/{name}", rows, kept=True)
        for item in issues:
            self.count(item.trouble)

    def count(self, trouble: str) -> None:
        counts = self.run.counts
        name = "failed" if trouble == "refused" else trouble
        setattr(counts, name, getattr(counts, name) + 1)


def done(work: Work, job: BulkJob) -> JobState:
    """After some short waits, since small jobs are done at once. Raises Waiting for one that takes longer."""
    state = job.state()
    for wait in SHORT_WAITS:
        if state.state == "done":
            break
        work.pause(wait)
        state = job.state()
    if state.state != "done":
        raise Waiting(LONG_WAIT)
    return state
