"""What the stand-in knows: visitors and accounts with their metadata, and the CSV of reports."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS = ("visitor", "account")
GROUPS = ("custom", "agent", "auto", "pendo", "salesforce")
MOST_ROWS = 100_000
"""Of one aggregation; Pendo cuts longer ones off."""

MOST_VOTES = 1_000_000

_FILTER = re.compile(r'(\w+) > ("(?:[^"\\]|\\.)*")')
Metadata = dict[str, dict[str, Any]]


class Misunderstood(ValueError):
    """The request is not one that Pendo takes."""


@dataclass
class Subscription:
    known: dict[str, dict[str, Metadata]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    reports: dict[str, str] = field(default_factory=dict)
    features: dict[str, str] = field(default_factory=dict)
    votes: dict[tuple[str, str], int] = field(default_factory=dict)

    def set(self, kind: str, group: str, rows: Any, *, create: bool) -> dict[str, Any]:
        """As `POST /metadata/{kind}/{group}/value` answers. Raises Misunderstood."""
        if kind not in KINDS or group not in GROUPS or not isinstance(rows, list):
            raise Misunderstood("no such kind or group, or the body is no array")
        missing = []
        for row in rows:
            key, values = self._pair(kind, row)
            if key not in self.known[kind] and not create:
                missing.append(key)
                continue
            self.known[kind].setdefault(key, {}).setdefault(group, {}).update(values)
        told: dict[str, Any] = {"total": len(rows), "updated": len(rows) - len(missing), "failed": len(missing)}
        return {**told, "missing": missing} if missing else told

    def vote(self, body: Any) -> None:
        """As `POST /votes` of the classic Feedback API: a vote takes the place of the user's last one for the feature.

        Raises Misunderstood, and then nothing has changed.
        """
        if not isinstance(body, Mapping) or body.keys() != {"user_id", "votes"} or not isinstance(body["votes"], list):
            raise Misunderstood("the body is {user_id, votes: [{feature_id, quantity}]}")
        user, votes = body["user_id"], {}
        if not isinstance(user, str) or user not in self.known["visitor"]:
            raise Misunderstood("user_id is nobody's")
        for vote in body["votes"]:
            if not isinstance(vote, Mapping) or vote.keys() != {"feature_id", "quantity"}:
                raise Misunderstood("a vote is {feature_id, quantity}")
            feature, quantity = vote["feature_id"], vote["quantity"]
            if not isinstance(feature, str) or feature not in self.features:
                raise Misunderstood("feature_id is no feature's")
            if isinstance(quantity, bool) or not isinstance(quantity, int) or not -1 <= quantity <= MOST_VOTES:
                raise Misunderstood(f"quantity must be from -1 to {MOST_VOTES}")
            votes[user, feature] = quantity
        self.votes |= votes

    def rows(self, pipeline: Any) -> list[dict[str, Any]]:
        """The rows of an aggregation. Raises Misunderstood for a stage that is not one of these."""
        if not isinstance(pipeline, list) or not pipeline or not isinstance(pipeline[0], Mapping):
            raise Misunderstood("the pipeline must begin with a source")
        rows = self._source(pipeline[0].get("source"))
        for stage in pipeline[1:]:
            if not isinstance(stage, Mapping) or len(stage) != 1:
                raise Misunderstood("a stage has one name")
            ((name, argument),) = stage.items()
            rows = self._stage(name, argument, rows)
        return rows[:MOST_ROWS]

    def _source(self, source: Any) -> list[dict[str, Any]]:
        for kind in KINDS:
            if isinstance(source, Mapping) and list(source) == [f"{kind}s"]:
                return [{f"{kind}Id": key, "metadata": held} for key, held in self.known[kind].items()]
        raise Misunderstood("the source must be visitors or accounts")

    def _stage(self, name: str, argument: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if name == "sort" and isinstance(argument, list) and len(argument) == 1:
            return sorted(rows, key=lambda row: str(row.get(argument[0], "")))
        if name == "limit" and isinstance(argument, int) and not isinstance(argument, bool) and argument > 0:
            return rows[:argument]
        if name == "filter" and isinstance(argument, str) and (found := _FILTER.fullmatch(argument)):
            than = json.loads(found[2])
            return [row for row in rows if str(row.get(found[1], "")) > than]
        raise Misunderstood(f"the stage {name} is not understood")

    def _pair(self, kind: str, row: Any) -> tuple[str, Mapping[str, Any]]:
        key = row.get(f"{kind}Id") if isinstance(row, Mapping) else None
        values = row.get("values") if isinstance(row, Mapping) else None
        if not isinstance(key, str) or not key or not isinstance(values, Mapping) or not values:
            raise Misunderstood(f"each row needs {kind}Id and values")
        if any(isinstance(value, (Mapping, Sequence)) and not isinstance(value, str) for value in values.values()):
            raise Misunderstood("a value must be text, a number, true, false or null")
        return key, values
