"""Faults on demand: rules that make matching calls slow, fail or break off, before or after they took effect."""

from __future__ import annotations

import random
import re
import threading
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Effect:
    """What happens to a call. `when` is "before" (nothing is done), "after" (done, but the caller never hears it) or
    "later" (the caller hears at once, and it is done `slow_seconds` afterwards).

    `cut` closes the connection without an answer; otherwise a `status` answers with `code` and `message`, or with
    `body` as it stands. Only `slow_seconds` just delays.
    """

    when: str = "before"
    status: int | None = None
    code: str = "SERVER_UNAVAILABLE"
    message: str = "The server is temporarily unavailable"
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    slow_seconds: float = 0.0
    cut: bool = False
    row_code: str | None = None
    row_message: str = ""


@dataclass
class Rule:
    """Matches by method, by a regular expression on the path, by object; `times` None means for ever."""

    name: str
    effect: Effect
    method: str | None = None
    path: str | None = None
    object: str | None = None
    times: int | None = None
    probability: float = 1.0
    seed: int | None = None
    skip: int = 0
    fired: int = 0
    seen: int = 0

    def __post_init__(self) -> None:
        self._pattern = re.compile(self.path) if self.path else None
        self._random = random.Random(self.seed)  # noqa: S311 - repeatable, not secret

    def matches(self, method: str, path: str, sobject: str | None) -> bool:
        if self.method and self.method.upper() != method:
            return False
        if self.object and self.object != sobject:
            return False
        return self._pattern is None or self._pattern.search(path) is not None

    def strikes(self) -> bool:
        """To be asked once for each matching call."""
        self.seen += 1
        if self.seen <= self.skip or (self.times is not None and self.fired >= self.times):
            return False
        if self.probability < 1.0 and self._random.random() >= self.probability:
            return False
        self.fired += 1
        return True


class Faults:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.rules: list[Rule] = []

    def add(self, rule: Rule) -> None:
        with self._lock:
            self.rules.append(rule)

    def clear(self) -> None:
        with self._lock:
            self.rules = []

    def strike(self, method: str, path: str, sobject: str | None) -> Effect | None:
        """The effect of the first rule that strikes this call. Effects on rows are left to `row_fault`."""
        with self._lock:
            for rule in self.rules:
                if rule.effect.row_code is None and rule.matches(method, path, sobject) and rule.strikes():
                    return rule.effect
        return None

    def row_fault(self, sobject: str, operation: str) -> Effect | None:
        """The effect for one row of a write, such as UNABLE_TO_LOCK_ROW inside an answer of 200."""
        with self._lock:
            for rule in self.rules:
                if rule.effect.row_code and rule.matches(operation.upper(), "", sobject) and rule.strikes():
                    return rule.effect
        return None

    def as_documents(self) -> list[dict[str, Any]]:
        return [{"name": rule.name, "fired": rule.fired, "seen": rule.seen, "times": rule.times} for rule in self.rules]


def rule_from(document: dict[str, Any], number: int) -> Rule:
    """Raises TypeError or ValueError for a document that is not a rule."""
    match = dict(document.get("match") or {})
    effect = Effect(**dict(document.get("effect") or {}))
    if effect.when not in ("before", "after", "later"):
        raise ValueError("effect.when is 'before', 'after' or 'later'")
    return Rule(
        name=str(document.get("name") or f"rule-{number}"),
        effect=effect,
        method=match.pop("method", None),
        path=match.pop("path", None),
        object=match.pop("object", None),
        times=document.get("times"),
        probability=float(document.get("probability", 1.0)),
        seed=document.get("seed"),
        skip=int(document.get("skip", 0)),
        **match,
    )
