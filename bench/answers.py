"""The answers that are sent through the functions, and the SQS events they arrive in."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bench.stage import Stage, example
from tests.integration.queue_events import feedback, sqs_event

CONTACTS = 10_000
FIRST = datetime(2026, 11, 10, tzinfo=UTC)


def email(number: int) -> str:
    return f"kokyaku-{number % CONTACTS:05}@example.jp"


def answer(number: int) -> dict[str, Any]:
    """One answer a contact, then the next by the first contact again; each a second later than the one before."""
    return feedback(
        number,
        occurred_at=(FIRST + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        respondent={"email": email(number), "name": "山田 花子"},
    )


def batch(start: int, size: int, detail_type: str = "NpsTagged") -> dict[str, Any]:
    return sqs_event(*(answer(number) for number in range(start, start + size)), detail_type=detail_type)


def prepare(stage: Stage) -> None:
    """Ten thousand contacts, and two mappings of the demo: one updates the contact, one inserts the response."""
    stage.add_contacts([email(number) for number in range(CONTACTS)])
    stage.add_org()
    for mapping in ("nps-to-contact", "response-to-survey-response"):
        stage.publish(example("mappings.yaml", mapping))
