"""The batch of response_mapping: feedback in, Salesforce records and deliveries out."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from feedback_bridge.automation.names import is_automation
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.aws.newest import NewestAnswers
from feedback_bridge.aws.queues import Postponed, postpone
from feedback_bridge.delivery.arrival import Arrival
from feedback_bridge.delivery.batch import Batch, Result
from feedback_bridge.errors import BridgeError, PermanentError, TransientError
from feedback_bridge.runtime import pausing, settings
from feedback_bridge.runtime.consumer import Verdicts, consume
from feedback_bridge.runtime.mappings import PublishedMappings
from feedback_bridge.runtime.messages import Message
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.orgs import org
from feedback_bridge.runtime.reading import configs, told_again
from feedback_bridge.runtime.storing import store
from feedback_bridge.runtime.telling import tell
from feedback_bridge.runtime.withdrawn import withdrawn

Named = tuple[str, str]
"""(mapping, feedback id)"""

Look = tuple[str, str, int]
"""(mapping, feedback id, content)"""

_ORDER = "order-"
"""Begins the replays that we ask for ourselves."""


def map_batch(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return consume(records, _handle, _parts().deliveries, settings.queue_url())


@dataclass(frozen=True)
class _Parts:
    deliveries: Deliveries
    mappings: PublishedMappings
    newest: NewestAnswers


@cache
def _parts() -> _Parts:
    deliveries = Deliveries(settings.delivery_table(), settings.retention_days(), settings.request_lasts())
    newest = NewestAnswers(settings.org_state_table(), settings.retention_days())
    mappings = PublishedMappings(configs(), lambda org_id, revision: org(org_id, revision=revision))
    return _Parts(deliveries, mappings, newest)


def _handle(messages: Sequence[Message]) -> Verdicts:
    """Deliveries are stored before they are told of, and before the queue forgets the messages."""
    verdicts = Verdicts()
    arrivals = _arrivals(messages, verdicts)
    now = datetime.now(UTC)
    parts = _parts()
    try:
        revision = parts.mappings.refresh()
        batch = Batch(
            parts.mappings,
            parts.deliveries.find_all,
            parts.deliveries.claim,
            parts.newest,
            lambda org_id: org(org_id, revision=revision),
        )
        result = batch.deliver(arrivals, now)
        # First, since a delivery that has ended is not looked at again.
        _ask_again(arrivals, result.repeat, result.doubted, settings.request_lasts().total_seconds())
        done = _done(arrivals, result, parts.mappings)
        gone = list(withdrawn(done, parts.deliveries, parts.mappings, now))
        parts.deliveries.put_all(gone)
        stored, met = store(parts.deliveries, result.deliveries, result.read, result, messages, verdicts)
        _ask_again(arrivals, (), [(one.mapping, one.feedback_id, one.content) for one in met], delay=1)
    except BridgeError as error:
        # Whatever is wrong with our tables, no feedback is to blame for it.
        held_up, keys = TransientError(str(error)), {arrival.key for arrival in arrivals}
        for message in messages:
            if message.id in keys:
                verdicts.note(message, held_up)
        return verdicts
    try:
        pausing.note(result, parts.mappings, now)
    except BridgeError as error:
        # What waits for the mapping finds it out again.
        logger.warning("a pause could not be told", extra={"reason": str(error)})
    tell([*gone, *stored])
    return verdicts


def _done(arrivals: Sequence[Arrival], result: Result, mappings: PublishedMappings) -> set[str]:
    """The feedback of messages that end now, and that had to wait or ask for a mapping that is gone."""
    return {
        arrival.feedback_id
        for arrival in arrivals
        if arrival.key not in result.again
        and (arrival.tried or (arrival.mapping and mappings.named(arrival.mapping) is None))
    }


def _arrivals(messages: Sequence[Message], verdicts: Verdicts) -> list[Arrival]:
    arrivals = []
    for message in messages:
        detail = message.detail
        if is_automation(detail.get("mapping")):
            continue  # A replay for an automation, which hears of the same fact.
        second_look = detail.get("second_look", False)
        try:
            feedback, content = detail.get("feedback"), detail.get("content", 1)
            if feedback is None:
                again, latest = told_again(detail["feedback_id"])
                feedback, content = again.to_document(), content if second_look else latest
        except PermanentError as error:
            # Erased meanwhile, or its source is gone: then nothing of ours needs another look.
            if not second_look and not str(detail.get("replay")).startswith(_ORDER):
                verdicts.note(message, error)
            continue
        except Exception as error:
            verdicts.note(message, error)
            continue
        arrivals.append(
            Arrival(
                key=message.id,
                feedback=feedback,
                content=content,
                attempt=message.attempt,
                receives=message.receives,
                replay=detail.get("replay"),
                mapping=detail.get("mapping"),
                recomputed=detail.get("recomputed", False),
                second_look=second_look,
            )
        )
    return arrivals


def _ask_again(arrivals: Sequence[Arrival], repeat: Sequence[Named], looks: Sequence[Look], delay: float) -> None:
    """Two workers met on a record: the newer answer is written once more, from the archive, through its mapping. What
    may yet come upon a newer one has a second look after `delay` seconds. Raises TransientError.
    """
    # Made by us at night: no archive has them.
    unarchived = {one.feedback_id: dict(one.feedback) for one in arrivals if one.type == "account_score"}
    replays = [_asked(*named, unarchived, replay=f"{_ORDER}{secrets.token_hex(8)}") for named in repeat]
    second = [_asked(one, two, unarchived, second_look=True, content=content) for one, two, content in looks]
    wanted = [*(Postponed(body, 1, 1) for body in replays), *(Postponed(body, 2, delay) for body in second)]
    if postpone(settings.queue_url(), wanted):
        raise TransientError("The queue did not take what has to be looked at once more.")


def _asked(mapping: str, feedback_id: str, unarchived: Mapping[str, Any], **how: Any) -> str:
    source = feedback_id.partition(":")[0]
    detail = {"feedback_id": feedback_id, "source": source, "mapping": mapping, **how}
    if feedback_id in unarchived:
        detail["feedback"] = unarchived[feedback_id]
    return json.dumps({"detail-type": "NpsTagged", "detail": detail}, ensure_ascii=False)
