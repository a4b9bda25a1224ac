"""Summaries of long comments by a language model, where somebody has switched it on. Without one an answer goes on as
it is: nothing waits for a summary longer than its time-out, and none is made up."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime

from feedback_bridge.aws.bedrock import Allowance, Said, ask
from feedback_bridge.errors import BridgeError
from feedback_bridge.nps.summary import INSTRUCTIONS, MOST_TOKENS, most_tokens, redacted, summary_in, wants_summary
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.histories import Remembered
from feedback_bridge.runtime.observability import logger

_AT_ONCE = 20
_ALL_SECONDS = 10.0
"""For a whole batch: what has not come by then is done without."""


def with_summaries(answers: Sequence[Remembered], replayed: Collection[str]) -> list[Remembered]:
    """A replay is not summed up again: a mapping that finds no summary leaves the field as it is."""
    model = settings.summary_model()
    if model is None:
        return list(answers)
    wanted = {
        item.feedback.id: redacted(nps.comment)
        for item in answers
        if (nps := item.feedback.nps) is not None
        and nps.comment
        and wants_summary(nps)
        and item.feedback.id not in replayed
    }
    try:
        summaries = _summaries(model, wanted) if wanted else {}
    except BridgeError as error:
        logger.warning("no summaries", extra={"reason": str(error)})
        summaries = {}
    return [_with_summary(item, summaries.get(item.feedback.id), model) for item in answers]


def _summaries(model: str, comments: Mapping[str, str]) -> dict[str, str]:
    spent = {feedback_id: most_tokens(comment) for feedback_id, comment in comments.items()}
    allowance = Allowance(settings.history_table(), datetime.now(UTC).strftime("%Y-%m"), settings.summary_tokens())
    if not allowance.spend(sum(spent.values())):
        logger.warning("no summaries", extra={"reason": "What may be spent on them this month is spent."})
        return {}
    said = _asked(model, comments)
    allowance.give_back(sum(spent[feedback_id] - answer.tokens for feedback_id, answer in said.items()))
    return {
        feedback_id: text
        for feedback_id, answer in said.items()
        if (text := summary_in(answer.text or "", comments[feedback_id])) is not None
    }


def _asked(model: str, comments: Mapping[str, str]) -> dict[str, Said]:
    """The answers that came in time; for the others what they can cost stays spent."""
    seconds = settings.summary_seconds()
    pool = ThreadPoolExecutor(max_workers=_AT_ONCE)
    asked: dict[Future[Said], str] = {
        pool.submit(ask, model, INSTRUCTIONS, comment, MOST_TOKENS, seconds): feedback_id
        for feedback_id, comment in comments.items()
    }
    done, late = wait(asked, timeout=_ALL_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    failed = [error for future in done if (error := future.exception()) is not None]
    if failed or late:
        known = failed and isinstance(failed[0], BridgeError)
        reason = str(failed[0]) if known else type(failed[0]).__name__ if failed else "time-out"
        logger.warning("comments without a summary", extra={"number": len(failed) + len(late), "reason": reason})
    return {asked[future]: future.result() for future in done if future.exception() is None}


def _with_summary(item: Remembered, summary: str | None, model: str) -> Remembered:
    nps = item.feedback.nps
    if summary is None or nps is None:
        return item
    told = nps.model_copy(update={"summary": summary, "summary_source": f"bedrock:{model}"})
    return replace(item, feedback=item.feedback.model_copy(update={"nps": told}))
