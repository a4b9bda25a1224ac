"""One authenticated request of the admin API, and what is answered to it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from feedback_bridge.aws.tokens import Scope, Token
from feedback_bridge.config.problem import Problem
from feedback_bridge.errors import PermanentError

MOST_ITEMS, USUAL_ITEMS = 200, 50


class Wrong(Exception):
    """The request cannot be answered as asked: becomes a problem with this status. `detail` is for the client."""

    def __init__(
        self, status: int, detail: str, errors: Sequence[Problem] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = headers or {}


class Unusable(PermanentError):
    """Something that the request needs is there, and cannot be used until a person mends it (409)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` becomes JSON; None is no body at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """`headers` has lower-case names; `body` is what was sent, decoded from API Gateway's base64."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    token: Token
    now: datetime

    @property
    def by(self) -> str:
        """Who is to be named beside what is changed."""
        return self.token.name

    @property
    def if_match(self) -> str | None:
        """The etag that the client read, without quotes; `*` for any (RFC 9110 §13.1.1)."""
        given = self.headers.get("if-match", "").strip()
        return given.removeprefix("W/").strip('"') or None

    @property
    def only_if_new(self) -> bool:
        return self.headers.get("if-none-match", "").strip() == "*"

    def limit(self) -> int:
        """How many items a page may have: as many as are asked for, up to MOST_ITEMS. Raises Wrong."""
        given = self.query.get("limit", str(USUAL_ITEMS))
        if not re.fullmatch(r"[0-9]{1,9}", given) or int(given) < 1:
            raise unfit("limit", f"must be a number from 1; a page has at most {MOST_ITEMS}")
        return min(int(given), MOST_ITEMS)

    def moment(self, name: str) -> datetime | None:
        """A query parameter as a time; without an offset it is UTC. Raises Wrong."""
        given = self.query.get(name)
        return moment_from(given, name) if given is not None else None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked for: `rule` has its variable parts as `<name>`, handed to `answer` by name."""

    method: str
    rule: str
    scope: Scope
    answer: Callable[..., Reply]


def unfit(path: str, message: str) -> Wrong:
    """One part of a request that was understood and is not valid."""
    return Wrong(422, "The request is not valid.", (Problem(path=path, message=message),))


def moment_from(given: object, path: str) -> datetime:
    """An ISO 8601 time, in UTC. Raises Wrong."""
    try:
        # A `+` in a query string that nobody escaped arrives as a space.
        found = datetime.fromisoformat(given.replace(" ", "+")) if isinstance(given, str) else None
        if found is not None:
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    raise unfit(path, "must be a time in ISO 8601, such as 2026-11-21T09:00:00Z")
