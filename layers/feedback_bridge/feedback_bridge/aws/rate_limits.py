"""How fast a source may send, kept by all workers together and asked for seldom.

The generic cell rate algorithm (ITU-T I.371): one number a source says until when its rate is used up. A worker takes
several events' worth of it at once, and uses them without asking; one that has been refused does not ask again until
there can be room. So a source within its limit costs a call to DynamoDB for every few events, and a flood hardly any.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.config.source import RateLimit

LEASE = timedelta(seconds=1)
"""What a worker has taken and not used by then is lost. In any t seconds no more than burst + per_second × (t + 1)
events come through."""

MOST_AT_ONCE = 10
_SHARE = 10
"""A worker takes a tenth of the burst at once."""

_TRIES = 4
_LIVES = timedelta(days=1)
_SECOND = 1_000_000


@dataclass
class RateLimits:
    """Of one worker; `table` is shared."""

    table: str
    _held: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _closed: dict[str, datetime] = field(default_factory=dict)

    def wait(self, source: str, limit: RateLimit, now: datetime) -> float:
        """0 where one more event may come, else the seconds until one may. Raises TransientError, PermanentError."""
        left, until = self._held.get(source, (0, now))
        if left and now < until:
            self._held[source] = (left - 1, until)
            return 0
        if (closed := self._closed.get(source, now)) > now:
            return (closed - now).total_seconds()
        for wanted in dict.fromkeys((max(1, min(MOST_AT_ONCE, limit.most // _SHARE)), 1)):
            seconds = self._take(source, limit, wanted, now)
            if seconds == 0:
                self._held[source] = (wanted - 1, now + LEASE)
                return 0
        self._closed[source] = now + timedelta(seconds=min(seconds, 1))
        return seconds

    def _take(self, source: str, limit: RateLimit, wanted: int, now: datetime) -> float:
        """0 where that many events' worth was taken, else the seconds until it can be."""
        at, each = int(now.timestamp() * _SECOND), round(_SECOND / limit.per_second)
        most = at + (limit.most - wanted) * each
        used = 0
        for _ in range(_TRIES):
            values = {":add": wanted * each, ":now": at, ":most": most}
            busy = self._update(source, "used_until + :add", "used_until BETWEEN :now AND :most", values, now)
            if busy is None:
                return 0
            used = busy.get("used_until", 0)
            if used > most:
                break
            values = {":then": at + wanted * each, ":now": at}
            if (
                self._update(source, ":then", "attribute_not_exists(used_until) OR used_until < :now", values, now)
                is None
            ):
                return 0
        return (used - most if used > most else each) / _SECOND

    def _update(
        self, source: str, value: str, condition: str, values: dict[str, int], now: datetime
    ) -> dict[str, Any] | None:
        """None when it was written, else what stands there."""
        numbers = {**values, ":expires": int((now + _LIVES).timestamp())}
        try:
            with translated("count a source's events"):
                client("dynamodb").update_item(
                    TableName=self.table,
                    Key={"org": {"S": f"rate#{source}"}, "name": {"S": "rate"}},
                    UpdateExpression=f"SET used_until = {value}, expires_at = :expires",
                    ConditionExpression=condition,
                    ExpressionAttributeValues={name: {"N": str(number)} for name, number in numbers.items()},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as error:
            return error.item
        return None
