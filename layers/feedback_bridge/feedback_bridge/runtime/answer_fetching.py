"""The batch of answer_fetching: a response that was only announced gets its answers, and is received."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from feedback_bridge.aws.bus import publish
from feedback_bridge.aws.secrets import secret
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.feedback.facts import FeedbackReceived
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.feedback.raw import UNREADABLE_PERSON, Raw
from feedback_bridge.nps.identity import person_of
from feedback_bridge.runtime import deliveries, settings
from feedback_bridge.runtime.consumer import Verdicts, consume
from feedback_bridge.runtime.messages import Message
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.reading import archive, archived, event_again, source_of
from feedback_bridge.sources.registry import tool
from feedback_bridge.sources.tool import AnswersRequest, Event, Silent, TokenRefused, Unwanted

if TYPE_CHECKING:
    import requests


def fetch_batch(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return consume(records, _handle, deliveries.table(), settings.queue_url())


def _handle(messages: Sequence[Message]) -> Verdicts:
    """An API that does not answer is not waited for again: a batch would take longer than the function may."""
    verdicts = Verdicts()
    silent: dict[str, Silent] = {}
    for message in messages:
        try:
            _receive(message, silent)
        except Unwanted as error:
            verdicts.skipped[message.id] = str(error)
        except Silent as error:
            silent[message.detail["source"]] = error
            verdicts.note(message, error)
        except Exception as error:
            verdicts.note(message, error)
    return verdicts


def _receive(message: Message, silent: Mapping[str, Silent]) -> None:
    """Fetched once: a repetition, a duplicate or a replay finds the answers in the archive."""
    raw = archived(message.detail["feedback_id"])
    source = source_of(raw.source)
    event = event_again(raw, source)
    if not raw.answers and source.id in silent:
        raise silent[source.id]
    answers = raw.answers or _fetched(raw, event, source)
    feedback = tool(source.type).read(event, source, raw.received_at, answers)
    if publish(settings.event_bus(), [_fact(message, feedback, raw)]):
        raise BridgeError("The event bus did not take the event.")
    logger.info("received", extra={"feedback_id": feedback.id})


def _fetched(raw: Raw, event: Event, source: SourceDocument) -> bytes:
    answers = _answers(tool(source.type).answers_request(event, source))
    archive().add_answers(raw, answers, _person(raw, event, source, answers))
    return answers


def _answers(request: AnswersRequest) -> bytes:
    """With the token as it is now, where the one that we remember is refused."""
    from feedback_bridge.sources.fetch import fetch_answers

    stack = settings.stack_name()
    try:
        return fetch_answers(request, secret(stack, request.secret), _http())
    except TokenRefused:
        return fetch_answers(request, secret(stack, request.secret, fresh=True), _http())


def _person(raw: Raw, event: Event, source: SourceDocument, answers: bytes) -> str | None:
    """Whom an erasure must find these answers by."""
    try:
        return person_of(tool(source.type).read(event, source, raw.received_at, answers))
    except PermanentError:
        return UNREADABLE_PERSON


def _fact(message: Message, feedback: Feedback, raw: Raw) -> FeedbackReceived:
    detail = message.detail
    return FeedbackReceived.about(
        feedback, content=raw.content, replay=detail.get("replay"), mapping=detail.get("mapping")
    )


@cache
def _http() -> "requests.Session":
    import requests

    return requests.Session()
