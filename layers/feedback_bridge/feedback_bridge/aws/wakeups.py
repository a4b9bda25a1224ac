"""Work for later: a message that comes to its queue at a time of our choosing.

Up to fifteen minutes SQS itself holds it back; beyond that a schedule of EventBridge Scheduler sends it once.
"""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import translated
from feedback_bridge.aws.queues import LONGEST_DELAY_SECONDS, Postponed, postpone
from feedback_bridge.errors import TransientError

PREFIX = "feedback-bridge-"
"""Begins the names of our schedules; template.yaml grants no other."""


class AlreadyScheduled(Exception):
    """There is a schedule of that name: it has been asked for before."""


@dataclass(frozen=True)
class WakeUps:
    """`role` may send to the queue, and EventBridge Scheduler may take it on."""

    stack: str
    queue_url: str
    queue_arn: str
    role: str

    def at(self, when: datetime, body: str, name: str, now: datetime) -> None:
        """Once by `name`, however often it is asked for; within fifteen minutes at least once.

        Raises TransientError, PermanentError.
        """
        seconds = (when - now).total_seconds()
        if seconds <= LONGEST_DELAY_SECONDS:
            if postpone(self.queue_url, [Postponed(body, 1, max(0.0, seconds))]):
                raise TransientError("The queue did not take what is due later.")
            return
        with suppress(AlreadyScheduled), translated("schedule what is due later"):
            self._schedule(when, body, PREFIX + hashlib.sha256(f"{self.stack}/{name}".encode()).hexdigest()[:40])

    def _schedule(self, when: datetime, body: str, name: str) -> None:
        try:
            client("scheduler").create_schedule(
                Name=name,
                ScheduleExpression=f"at({when.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={"Arn": self.queue_arn, "RoleArn": self.role, "Input": body},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ConflictException":
                raise AlreadyScheduled from error
            raise
