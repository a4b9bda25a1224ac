"""One worker at one run: a piece of work, saved, and the next, until the run has ended or the worker's time has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from feedback_bridge.aws.sync_files import SyncFiles
from feedback_bridge.aws.sync_runs import Lost, SyncRuns
from feedback_bridge.delivery.outcome import Meaning, Refused
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.runtime.sync import comparing, pulling, reading, reporting, writing
from feedback_bridge.runtime.sync.tools import Stopped, Tool
from feedback_bridge.runtime.sync.work import Waiting, Work
from feedback_bridge.sync.document import parse_sync
from feedback_bridge.sync.run import Phase, Run, Status

if TYPE_CHECKING:
    from feedback_bridge.salesforce.org import Org

LEASE = timedelta(minutes=3)
"""A worker that has said nothing for so long is taken for dead. Longer than the function may run."""

LONGEST_RUN = timedelta(hours=20)
RETRY_SECONDS = 60.0

PIECES: Mapping[Phase, Callable[[Work], None]] = {
    "start": reading.start,
    "ask_salesforce": reading.ask_salesforce,
    "await_salesforce": reading.await_salesforce,
    "read_salesforce": reading.read_salesforce,
    "read_tool": reading.read_tool,
    "compare": comparing.compare_part,
    "guard": comparing.guard,
    "write": writing.write,
    "pull": pulling.pull,
    "report": reporting.report,
}

_PASSING = frozenset({Meaning.RETRY, Meaning.SLOW_DOWN, Meaning.PARK, Meaning.LOG_IN})


@dataclass(frozen=True)
class Engine:
    """`saved` is called after every checkpoint; `announce` tells of a run that has ended."""

    runs: SyncRuns
    files: Callable[[Run], SyncFiles]
    org: Callable[[str], "Org"]
    tool: Callable[[Run], Tool]
    announce: Callable[[Run], None]
    clock: Callable[[], datetime]
    pause: Callable[[float], None]
    saved: Callable[[Run], None] = lambda run: None

    def go_on(self, sync: str, run_id: str, worker: str, time_left: Callable[[], bool]) -> float | None:
        """Seconds after which a message should come again; None when the run has ended, or somebody else is at it."""
        run = self.runs.claim(sync, run_id, worker, self.clock(), self.clock() + LEASE)
        if run is None:
            return None
        try:
            return self._work_on(run, worker, time_left)
        except Lost:
            return None

    def _work_on(self, run: Run, worker: str, time_left: Callable[[], bool]) -> float | None:
        wait = 0.0
        try:
            work = self._work(run)
            while run.status == "running" and time_left():
                run = self._piece(work, run)
                if self._save(run, worker) and run.status == "running":
                    self._end(run, worker, "cancelled", "It was cancelled.")
                    return None
        except Waiting as waiting:
            wait = waiting.seconds
        except (Refused, TransientError) as error:
            if isinstance(error, Refused) and error.refusal.meaning not in _PASSING:
                self._end(run, worker, "failed", error.refusal.reason)
                return None
            wait = getattr(error, "retry_after", None) or RETRY_SECONDS
            run.reason = str(error)
            self.runs.save(run, worker, self.clock(), self.clock() + LEASE)
        except PermanentError as error:
            self._end(run, worker, "stopped" if isinstance(error, Stopped) else "failed", str(error))
            return None
        if run.status == "succeeded":
            self._end(run, worker, "succeeded", None)
            return None
        if self.clock() - run.started_at > LONGEST_RUN:
            reason = f"It has not ended within {LONGEST_RUN}. {run.reason or ''}".strip()
            self._end(run, worker, "failed", reason)
            return None
        self.runs.let_go(run, worker)
        return wait

    def _piece(self, work: Work, run: Run) -> Run:
        """What a piece has done counts as a whole or not at all: it works on a copy. Calls made are made."""
        work.run = run.model_copy(deep=True)
        session = work.org.session()
        before = session.calls
        try:
            PIECES[run.phase](work)
        except Exception:
            run.counts.calls += session.calls - before
            raise
        work.run.counts.calls += session.calls - before
        return work.run

    def _work(self, run: Run) -> Work:
        sync = parse_sync(run.document)
        org, good = self.org(sync.salesforce.org), self.runs.good(run.sync)
        return Work(run, org, self.tool(run), self.files(run), good, self.clock, self.pause)

    def _save(self, run: Run, worker: str) -> bool:
        run.reason = None
        wanted = self.runs.save(run, worker, self.clock(), self.clock() + LEASE)
        self.saved(run)
        return wanted

    def _end(self, run: Run, worker: str, status: Status, reason: str | None) -> None:
        run.status, run.reason, run.ended_at = status, reason, self.clock()
        self.announce(run)
        self.runs.finish(run, reporting.good_of(run, self.runs.good(run.sync)), worker)
        self.files(run).forget_work()
