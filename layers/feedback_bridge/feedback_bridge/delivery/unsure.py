"""Inserts that Salesforce cannot recognise by an External Id: claimed before they are sent, searched for afterwards.

A time-out after the commit must not double them. The search is by what was sent, among the records created since; where
our marker field is installed (`once.py`) none of this is needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.delivery.order import Contest
from feedback_bridge.delivery.outcome import Meaning, Org, Refusal, Refused, Written
from feedback_bridge.delivery.sought import Sought, is_it, query, sought
from feedback_bridge.mapping.read import RecordQuery, Row

CLOCKS_MAY_DIFFER = timedelta(minutes=2)

_ANOTHER_WORKER = Refusal("BEING_WRITTEN", Meaning.RETRY, (), "Another worker is writing it.")


def not_yet_there(org: Org, wanted: Sequence[Contest]) -> list[Contest]:
    """Those that are still to be written; what an earlier try did write is noted. Raises TransientError, Refused."""
    wanted = [contest for contest in wanted if not _posted(contest)]
    asked = [(contest, lost) for contest in wanted if (lost := _lost(contest))]
    ended, taken = set(), set()
    for (contest, lost), rows in zip(asked, _found(org, asked), strict=True):
        task, write = contest
        schema = task.job.mapping.schema(lost.object)
        # Of two that sent the same values, each has a record of its own.
        ours = [str(row["Id"]) for row in rows or () if row["Id"] not in taken and is_it(lost, row, schema)]
        if ours:
            taken.add(ours[0])
            task.note(write, Written(ours[0]))
        if ours or rows is None:
            ended.add(id(contest))
    return [contest for contest in wanted if id(contest) not in ended]


def _posted(contest: Contest) -> bool:
    """A Chatter post cannot be changed like a record: what an earlier try or a replay's original posted stays."""
    task, write = contest
    effect = task.effect_of(write)
    earlier = next((record for record in task.job.written if record.effect == effect), None)
    if write.operation != "chatter_post" or earlier is None:
        return False
    task.note(write, Written(earlier.record_id))
    return True


def _lost(contest: Contest) -> Sought | None:
    """What an earlier try has sent of it, if nothing is known of that."""
    task, write = contest
    before = task.job.before
    if not write.plain or before is None or before.sent_at is None:
        return None
    return next((one for one in before.sought if one.effect == task.effect_of(write)), None)


def _found(org: Org, asked: Sequence[tuple[Contest, Sought]]) -> list[Sequence[Row] | None]:
    """A search that Salesforce refuses must not stop the others: they are halved until the culprit is alone, who has
    the refusal, and None. Raises TransientError, Refused where it is about none of them.
    """
    if not asked:
        return []
    try:
        return list(org.find([_query(org, *one) for one in asked]))
    except Refused as error:
        if error.refusal.meaning not in (Meaning.RECORD, Meaning.MAPPING):
            raise
        if len(asked) == 1:
            asked[0][0][0].job.refused(error.refusal)
            return [None]
    middle = len(asked) // 2
    return [*_found(org, asked[:middle]), *_found(org, asked[middle:])]


def _query(org: Org, contest: Contest, lost: Sought) -> RecordQuery:
    """Since the first try: the last one in doubt may have been another write of the same job, or another try of it."""
    job = contest[0].job
    since = min(job.before.sent_at, job.since) if job.before and job.before.sent_at else job.since
    return query(lost, job.mapping.schema(lost.object), org.user_id(), since - CLOCKS_MAY_DIFFER)


Claim = Callable[[Delivery, Delivery | None], bool]
"""Given the delivery to store and the one that was read: whether the insert is ours to send."""


def claimed(claim: Claim, wanted: Sequence[Contest]) -> list[Contest]:
    """Those that no other worker is writing at this moment, or has written meanwhile. Raises TransientError."""
    for task, write in wanted:
        if write.plain:
            effect = task.effect_of(write)
            task.job.sought[effect] = sought(effect, write, task.job.mapping.schema(write.object))
    granted: dict[str, bool] = {}
    free: list[Contest] = []
    for task, write in wanted:
        if write.plain:
            job = task.job
            if job.id not in granted:
                known = replace(job.delivery(), status="pending", reason="It is being written.")
                sending = replace(known, sent_at=job.now, under_way=True, sought=job.all_sought)
                granted[job.id] = claim(sending, job.before)
            if not granted[job.id]:
                job.elsewhere = True
                job.refused(_ANOTHER_WORKER)
                continue
        free.append((task, write))
    return free
