"""The first half of a push: both sides are read and laid down, cut by their keys."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from feedback_bridge.errors import TransientError
from feedback_bridge.runtime.sync.tools import Stopped
from feedback_bridge.runtime.sync.work import Work, done
from feedback_bridge.salesforce.bulk_job import BulkJob
from feedback_bridge.salesforce.soql import checked
from feedback_bridge.sync.checks import check, key_kind
from feedback_bridge.sync.compare import Issue
from feedback_bridge.sync.keys import normaliser
from feedback_bridge.sync.partitions import Cut, parts_for
from feedback_bridge.sync.run import Side

CELLS_A_PAGE = 1_000_000
FEWEST_ROWS = 10_000
"""How much of a side is read in one piece of work: some seconds, of rows that are not too wide."""

LONGEST_READING = timedelta(seconds=10)
"""Of a tool that gives few rows a call. After so long what has been read is kept."""


def start(work: Work) -> None:
    """Does the sync still fit the org, as the org is now?"""
    schema = work.org.schema(work.sync.salesforce.object, fresh=True)
    problems = check(work.sync, schema)
    if problems or schema is None:
        raise Stopped("; ".join(f"{item.path} {item.message}" for item in problems))
    work.run.key_kind = key_kind(work.sync, schema) or "text"
    work.run.phase = "ask_salesforce" if work.run.direction != "pull" else "pull"


def ask_salesforce(work: Work) -> None:
    """A job, which whoever comes next finds by its id."""
    fields = [work.schema.fields[column.name].name for column in work.columns]
    key = [] if _key_is_id(work) else [work.sync.salesforce.key]
    names = ", ".join(map(checked, [*key, "Id", *fields]))
    soql = f"SELECT {names} FROM {checked(work.schema.name)}"  # noqa: S608 - checked names
    work.run.job = BulkJob.ask(work.org.session(), soql).id
    work.run.phase = "await_salesforce"


def await_salesforce(work: Work) -> None:
    """How many records there are decides into how many parts everything is cut."""
    records = done(work, _query(work)).processed
    work.run.counts.records = records
    usual = (work.good.rows or 0) if work.good else 0
    work.run.parts = parts_for(max(records, usual or work.tool.most_rows()), work.width)
    work.run.phase = "read_salesforce"


def read_salesforce(work: Work) -> None:
    """One page of records."""
    side = work.run.salesforce
    with _query(work).page(side.position.get("locator"), _rows_a_page(work)) as (rows, following):
        keyed = ([row[0], *row] for row in rows) if _key_is_id(work) else rows
        _lay_down(work, "records", side, keyed, keep=1)
    side.position = {"locator": following}
    side.done = following is None
    if side.done:
        work.run.phase = "read_tool"


def _key_is_id(work: Work) -> bool:
    """Then it comes in one column: a query names each field once."""
    return work.sync.salesforce.key.lower() == "id"


def _query(work: Work) -> BulkJob:
    return BulkJob(work.org.session(), work.run.job, query=True)


def read_tool(work: Work) -> None:
    """As many of the tool's pages as make a good piece; what it gave before it had trouble is kept."""
    side = work.run.tool
    rows, until = side.rows + _rows_a_page(work), work.clock() + LONGEST_READING
    unread: list[str] = []
    name = f"unread-{side.chunks:06}"
    first = True
    while first or not (side.done or side.rows >= rows or work.clock() > until):
        try:
            page = work.tool.read(side.position, work.wanted, rows - side.rows)
        except TransientError:
            if first:
                raise
            break
        unread += _lay_down(work, "rows", side, page.rows, keep=0)
        position = page.position()
        work.run.counts.tool_calls += page.calls
        side.position, side.done, first = position or {}, position is None, False
    work.run.counts.read = side.rows
    work.issue(name, [Issue("invalid", key[:200], "the key is empty or cannot be read") for key in unread])
    if side.done:
        work.run.phase = "compare"


def _rows_a_page(work: Work) -> int:
    return max(FEWEST_ROWS, CELLS_A_PAGE // work.width)


def _lay_down(work: Work, name: str, side: Side, rows: Iterable[Sequence[str]], *, keep: int) -> list[str]:
    """Returns the keys that are none."""
    cut = Cut(normaliser(work.run.key_kind), work.run.parts, work.width, keep)
    for chunk in cut.chunks(rows):
        work.files.put_chunk(name, side.chunks, chunk)
        side.chunks += 1
    side.rows += cut.rows
    return cut.unread
