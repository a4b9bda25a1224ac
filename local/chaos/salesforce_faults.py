"""How Salesforce misbehaves during the run: rules of the simulator, named by what they do."""

from __future__ import annotations

from collections import Counter
from typing import Any

from local.chaos.org import OrgControl
from local.chaos.plan import MAPPING_TIMEOUT, Plan

_WRITES = "/composite/sobjects"
_READS = "/query|/composite$"
_DATA = "/services/data/"

KINDS: dict[str, tuple[float, dict[str, Any], dict[str, Any]]] = {
    "row lock in a 200 answer": (
        0.03,
        {},
        {"row_code": "UNABLE_TO_LOCK_ROW", "row_message": "unable to obtain exclusive access to this record"},
    ),
    "cut before the commit": (0.015, {"path": _WRITES}, {"cut": True}),
    "cut after the commit": (0.02, {"path": _WRITES}, {"when": "after", "cut": True}),
    "500 before the commit": (
        0.01,
        {"path": _WRITES},
        {"status": 500, "code": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."},
    ),
    "500 after the commit": (
        0.01,
        {"path": _WRITES},
        {"when": "after", "status": 500, "code": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred."},
    ),
    "cut, and committed seconds later": (0.005, {"path": _WRITES}, {"when": "later", "slow_seconds": 6, "cut": True}),
    "504, and committed seconds later": (
        0.005,
        {"path": _WRITES},
        {"when": "later", "slow_seconds": 9, "status": 504, "body": "<html>Gateway time-out</html>"},
    ),
    "503": (0.01, {"path": _DATA}, {"status": 503}),
    "503 as HTML": (0.005, {"path": _DATA}, {"status": 503, "body": "<html>Server is down for maintenance</html>"}),
    "slow before the commit": (0.02, {"path": _WRITES}, {"slow_seconds": 1.5}),
    "slow after the commit": (0.02, {"path": _WRITES}, {"when": "after", "slow_seconds": 1.5}),
    "a query cut off": (0.01, {"path": _READS}, {"cut": True}),
    "403 concurrent requests": (
        0.005,
        {"path": _DATA},
        {
            "status": 403,
            "code": "REQUEST_LIMIT_EXCEEDED",
            "message": "ConcurrentPerOrgLongTxn Limit exceeded.",
        },
    ),
    "403 the day's requests": (
        0.0005,
        {"path": _DATA},
        {"status": 403, "code": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."},
    ),
    "login refused": (
        0.3,
        {"path": "oauth2/token"},
        {
            "status": 400,
            "body": '{"error": "invalid_grant", "error_description": "user hasn\'t approved this consumer"}',
            "headers": {"Content-Type": "application/json"},
        },
    ),
}
"""Kind of fault: the share of matching calls (or rows) it strikes, what it matches, and what it does."""

HANG = "hangs past the function's time-out"
EXPIRED = "401 expired sessions"


def begin(org: OrgControl, plan: Plan) -> None:
    """Every kind strikes by chance, and once for certain early on. Real locks last a little, too."""
    org.ask("PATCH", "/settings", {"transaction_ms": 20, "row_ms": 1, "lock_wait_ms": 150})
    org.ask("PATCH", "/limits", {"daily_max": 100_000_000})
    times = 2.0 if plan.short else 1.0
    rules: list[dict[str, Any]] = []
    for number, (name, (_share, match, effect)) in enumerate(KINDS.items()):
        skip = 1 if name == "login refused" else 2 + number
        rules.append({"name": name, "match": match, "effect": effect, "skip": skip, "times": 1})
    for name, (share, match, effect) in KINDS.items():
        seed = len(rules)
        rules.append(
            {"name": name, "match": match, "effect": effect, "probability": share * times, "seed": seed, "skip": 1}
        )
    hang = {"when": "before", "slow_seconds": MAPPING_TIMEOUT + 3}
    for number in range(plan.hangs):
        rules.append({"name": HANG, "match": {"path": _WRITES}, "effect": hang, "times": 1, "skip": 200 + 500 * number})
    org.ask("POST", "/faults", rules)


def end(org: OrgControl) -> Counter[str]:
    """Good weather from here on. How often each kind struck."""
    counted = struck(org)
    org.ask("DELETE", "/faults")
    org.ask("PATCH", "/settings", {"transaction_ms": 0, "row_ms": 0, "lock_wait_ms": 250})
    return counted


def struck(org: OrgControl) -> Counter[str]:
    counted: Counter[str] = Counter()
    for rule in org.ask("GET", "/faults"):
        counted[rule["name"]] += rule["fired"]
    return counted
