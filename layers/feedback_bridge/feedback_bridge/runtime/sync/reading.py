"""The first half of a push: both sides are read and laid down, cut by their keys."""

from collections.abc import Iterable, Sequence

from feedback_bridge.runtime.sync.tools import Stopped
from feedback_bridge.runtime.sync.work import Waiting, Work
from feedback_bridge.salesforce import query_job
from feedback_bridge.sync.checks import check, key_kind
from feedback_bridge.sync.compare import Issue
from feedback_bridge.sync.keys import normaliser
from feedback_bridge.sync.partitions import part_of, parts_for
from feedback_bridge.sync.run import Side

ROWS_A_CHUNK = 20_000
ROWS_A_PAGE = 40_000
"""Of a query job's results: a call each, so more than a chunk."""

SHORT_WAITS = (0.05, 0.3, 1.0)
"""Seconds: small jobs are done at once, and a message less is needed."""

LONG_WAIT = 15.0


def start(work: Work) -> None:
    """Does the sync still fit the org, as the org is now?"""
    schema = work.org.schema(work.sync.salesforce.object, fresh=True)
    problems = check(work.sync, schema)
    if problems or schema is None:
        raise Stopped("; ".join(f"{item.path} {item.message}" for item in problems))
    work.run.key_kind = key_kind(work.sync, schema) or "text"
    work.run.phase = "ask_salesforce" if work.run.direction != "pull" else "pull"


def ask_salesforce(work: Work) -> None:
    """The query runs in Salesforce while the tool is read."""
    fields = [work.schema.fields[column.name].name for column in work.columns]
    session = work.org.session()
    work.run.job = query_job.ask(session, work.schema.name, ["Id", work.sync.salesforce.key, *fields])
    work.run.phase = "await_salesforce"


def await_salesforce(work: Work) -> None:
    """How many records there are decides into how many parts everything is cut."""
    state = query_job.state_of(work.org.session(), work.run.job)
    for wait in SHORT_WAITS:
        if state.complete:
            break
        work.pause(wait)
        state = query_job.state_of(work.org.session(), work.run.job)
    if not state.complete:
        raise Waiting(LONG_WAIT)
    work.run.counts.records = state.rows
    usual = (work.good.rows or 0) if work.good else 0
    work.run.parts = parts_for(max(state.rows, usual or work.tool.most_rows()))
    work.run.phase = "read_salesforce"


def read_salesforce(work: Work) -> None:
    """One page of records."""
    side = work.run.salesforce
    locator = side.position.get("locator")
    names = ["Id", work.sync.salesforce.key]
    same = names[0].lower() == names[1].lower()
    with query_job.page(work.org.session(), work.run.job, locator, ROWS_A_PAGE) as (rows, following):
        # A query names each field once, so a key that is the Id itself comes in one column.
        keyed = ([row[0], row[0], *row[1:]] if same else [row[1], row[0], *row[2:]] for row in rows)
        _lay_down(work, "records", side, keyed)
    side.position = {"locator": following}
    side.done = following is None
    if side.done:
        work.run.phase = "read_tool"


def read_tool(work: Work) -> None:
    """One page of the tool's rows."""
    side = work.run.tool
    page = work.tool.read(side.position, work.wanted, ROWS_A_CHUNK)
    rows = ([row[0], *row] for row in page.rows)
    invalid = _lay_down(work, "rows", side, rows)
    position = page.position()
    work.run.counts.tool_calls += page.calls
    work.run.counts.read = side.rows
    work.issue(f"unread-{side.chunks:06}", invalid)
    side.position = position or {}
    side.done = position is None
    if side.done:
        work.run.phase = "compare"


def _lay_down(work: Work, name: str, side: Side, rows: Iterable[list[str]]) -> list[Issue]:
    """Chunks of rows, cut by their keys in one form. Returns the tool's rows whose key is none."""
    normalise, parts = normaliser(work.run.key_kind), work.run.parts
    invalid: list[Issue] = []
    buckets: list[list[Sequence[str]]] = [[] for _ in range(parts)]
    append = [bucket.append for bucket in buckets]
    count = 0
    for row in rows:
        count += 1
        key = normalise(row[0])
        if key is None:
            invalid.append(Issue("invalid", row[0][:200], "the key is empty or cannot be read"))
        else:
            row[0] = key
            append[part_of(key, parts)](row)
        if count % ROWS_A_CHUNK == 0:
            work.files.put_chunk(name, side.chunks, buckets)
            side.chunks += 1
            for bucket in buckets:
                bucket.clear()
    if count % ROWS_A_CHUNK:
        work.files.put_chunk(name, side.chunks, buckets)
        side.chunks += 1
    side.rows += count
    return invalid
