"""The batch of nps_tagging: every score tagged as its source says, put in its person's history, and told on the bus."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.bus import publish
from feedback_bridge.config.source import NpsSettings, SourceDocument
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.feedback.facts import Fact
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime import deliveries, settings
from feedback_bridge.runtime.consumer import Verdicts, consume
from feedback_bridge.runtime.happenings import TYPES, note
from feedback_bridge.runtime.histories import Answer, remember
from feedback_bridge.runtime.messages import Message
from feedback_bridge.runtime.nps_facts import told_of
from feedback_bridge.runtime.reading import feedback_in, source_of, tagged
from feedback_bridge.runtime.summarising import with_summaries


def tag_batch(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return consume(records, _handle, deliveries.table(), settings.queue_url())


def _handle(messages: Sequence[Message]) -> Verdicts:
    verdicts = Verdicts()
    answers: list[Answer] = []
    read: list[Message] = []
    known: dict[str, NpsSettings] = {}
    scored = [message for message in messages if not _unscored(message)]
    _note_others([message for message in messages if _unscored(message)], verdicts)
    for message in scored:
        try:
            answers.append(_answer(message, known))
            read.append(message)
        except Exception as error:
            verdicts.note(message, error)
    try:
        remembered = remember(answers, datetime.now(UTC))
    except BridgeError as error:
        for message in read:
            verdicts.note(message, error)
        return verdicts
    replayed = {message.detail["feedback_id"] for message in read if message.detail.get("replay")}
    summed_up = with_summaries(remembered, replayed)
    said = [
        (fact, message)
        for message, answer, item in zip(read, answers, summed_up, strict=True)
        for fact in told_of(item, answer.nps, message.detail)
    ]
    for message in _unspoken([fact for fact, _ in said], [message for _, message in said]):
        verdicts.later[message.id] = ("The event bus did not take the tagged score.", None)
    return verdicts


def _unscored(message: Message) -> bool:
    return message.detail.get("type") in TYPES and not message.detail.get("scored")


def _note_others(messages: Sequence[Message], verdicts: Verdicts) -> None:
    """The bus has told the mappings of them already: a replay has nothing to add."""
    happened: list[tuple[Feedback, SourceDocument]] = []
    read: list[Message] = []
    for message in messages:
        try:
            feedback = feedback_in(message.detail)
            happened.append((feedback, source_of(feedback.source)))
            read.append(message)
        except Exception as error:
            verdicts.note(message, error)
    try:
        note(happened, datetime.now(UTC))
    except BridgeError as error:
        for message in read:
            verdicts.note(message, error)


def _answer(message: Message, known: dict[str, NpsSettings]) -> Answer:
    feedback = feedback_in(message.detail)
    nps = _nps_settings(feedback.source, known)
    return Answer(tagged(feedback, nps), message.detail.get("content", 1), nps)


def _unspoken(facts: Sequence[Fact], spoken: Sequence[Message]) -> Sequence[Message]:
    try:
        return [spoken[position] for position in publish(settings.event_bus(), facts)]
    except BridgeError:
        return spoken


def _nps_settings(source: str, known: dict[str, NpsSettings]) -> NpsSettings:
    """Once a batch; a source that is gone meanwhile leaves the usual bands."""
    if source not in known:
        try:
            known[source] = source_of(source).nps
        except PermanentError:
            known[source] = NpsSettings()
    return known[source]
