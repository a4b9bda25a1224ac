"""Reset, calls so far, limits, sessions, faults, and the pause button."""

from __future__ import annotations

from typing import Any

from local.salesforce_org.faults import rule_from
from local.salesforce_org.seeding import seed

from .answers import ControlRequest


def summary(request: ControlRequest) -> Any:
    org = request.org
    with org.mutex:
        counts = {name: len(table.rows) for name, table in org.store.tables.items() if table.rows}
    return {
        "url": org.url,
        "paused": org.settings.paused,
        "records": counts,
        "calls": org.limits.total_calls,
        "locks_refused": org.locks.refused,
        "sessions_issued": org.sessions.issued,
        "settings": vars(org.settings),
    }


def reset(request: ControlRequest) -> Any:
    """Body: {"seed": true} loads the seed file the org was started with."""
    request.org.reset()
    if request.body.get("seed") and request.org.seed_file is not None:
        seed(request.org, request.org.seed_file)
        request.org.limits.reset()
    return summary(request)


def calls(request: ControlRequest) -> Any:
    limits = request.org.limits
    return {"total": limits.total_calls, "by_kind": dict(limits.calls), "daily_used": limits.daily_used}


def forget_calls(request: ControlRequest) -> Any:
    before = calls(request)
    request.org.limits.forget_calls()
    return before


def change_settings(request: ControlRequest) -> Any:
    _set(request.org.settings, request.body)
    return vars(request.org.settings)


def change_limits(request: ControlRequest) -> Any:
    limits = request.org.limits
    names = ("daily_max", "daily_used", "long_running_max", "long_running_seconds")
    _set(limits, {name: request.body[name] for name in request.body if name in names or _unknown(name)})
    return {name: getattr(limits, name) for name in names}


def _unknown(name: str) -> bool:
    raise KeyError(name)


def change_sessions(request: ControlRequest) -> Any:
    request.org.sessions.lifetime_seconds = float(request.body["lifetime_seconds"])
    return {"lifetime_seconds": request.org.sessions.lifetime_seconds}


def expire_sessions(request: ControlRequest) -> Any:
    return {"expired": request.org.sessions.expire_all()}


def pause(request: ControlRequest) -> Any:
    request.org.settings.paused = True
    return {"paused": True}


def resume(request: ControlRequest) -> Any:
    request.org.settings.paused = False
    return {"paused": False}


def list_faults(request: ControlRequest) -> Any:
    return request.org.faults.as_documents()


def add_faults(request: ControlRequest) -> Any:
    """Body: one rule or a list of them."""
    documents = request.body if isinstance(request.body, list) else [request.body]
    first = len(request.org.faults.rules) + 1
    for rule in [rule_from(document, first + at) for at, document in enumerate(documents)]:
        request.org.faults.add(rule)
    return list_faults(request)


def clear_faults(request: ControlRequest) -> Any:
    before = list_faults(request)
    request.org.faults.clear()
    return before


def _set(target: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        current = getattr(target, name)
        setattr(target, name, type(current)(value))
