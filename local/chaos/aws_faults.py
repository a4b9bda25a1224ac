"""How AWS misbehaves during the run: microburst, a Python package, stands between the functions and the local AWS.

Its errors are those of the services' own models, so that the SDK retries as on
AWS; single ones are hidden by its retries, bursts are not. What EventBridge and the queue's poller do inside MiniStack
does not pass it.
"""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from typing import Any

import requests

from local.account import endpoint
from local.chaos.plan import Plan
from local.ports import HOST
from local.processes import Server
from local.virtualenvs import MICROBURST_BIN

SECONDS = 30

KINDS: dict[str, dict[str, Any]] = {
    "DynamoDB throttled": {
        "service": "dynamodb",
        "error": {"code": "ProvisionedThroughputExceededException"},
        "probability": 0.01,
    },
    "DynamoDB throttled for a while": {
        "service": "dynamodb",
        "error": {"code": "ThrottlingException"},
        "sequence": {"fail": 14, "pass": 1200},
    },
    "DynamoDB answer lost": {"service": "dynamodb", "probability": 0.004, "response": {"abort_frac": 0.0}},
    "DynamoDB slow": {"service": "dynamodb", "probability": 0.005, "latency": 700},
    "SQS 503": {
        "service": "sqs",
        "error": {"code": "ServiceUnavailable", "status": 503},
        "sequence": {"fail": 6, "pass": 30},
    },
    "SQS answer lost": {"service": "sqs", "sequence": {"fail": 1, "pass": 20}, "response": {"abort_frac": 0.0}},
    "events throttled": {
        "service": "events",
        "error": {"code": "ThrottlingException"},
        "sequence": {"fail": 7, "pass": 150},
    },
    "events answer lost": {"service": "events", "probability": 0.01, "response": {"abort_frac": 0.0}},
    "Secrets Manager 500": {
        "service": "secretsmanager",
        "error": {"code": "InternalServiceError", "status": 500},
        "sequence": {"fail": 2, "pass": 3},
    },
}
"""Kind of fault: microburst's rule for it."""


def server(port: int, aws: int) -> Server:
    return Server(
        name="microburst",
        title="The proxy before AWS (microburst)",
        command=(str(MICROBURST_BIN / "microburst"), "--upstream", endpoint(aws), "--port", str(port), "--host", HOST),
        environment={"PATH": f"{MICROBURST_BIN}:/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"},
        port=port,
        is_ready=lambda: _is_healthy(port),
    )


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"{endpoint(port)}/_microburst/health", timeout=1) as reply:  # noqa: S310
            return bool(json.load(reply)["status"] == "ok")
    except (OSError, ValueError, KeyError):
        return False


def begin(port: int, plan: Plan) -> None:
    rules = [dict(rule) for rule in KINDS.values()]
    if plan.short:
        for rule in rules:
            rule["probability"] = min(1.0, rule["probability"] * 3) if "probability" in rule else 1.0
            if "sequence" in rule:
                rule["sequence"] = rule["sequence"] | {"pass": rule["sequence"]["pass"] // 3 + 1}
    _ask("POST", port, "rules", rules)


def end(port: int) -> Counter[str]:
    """Good weather from here on. How often each kind struck."""
    counted = struck(port)
    _ask("POST", port, "rules", [])
    return counted


def struck(port: int) -> Counter[str]:
    rules = _ask("GET", port, "rules")
    return Counter({name: int(rule["fired_count"]) for name, rule in zip(KINDS, rules, strict=True)})


def _ask(method: str, port: int, path: str, body: Any = None) -> Any:
    reply = requests.request(method, f"{endpoint(port)}/_microburst/{path}", json=body, timeout=SECONDS)
    reply.raise_for_status()
    return reply.json()
