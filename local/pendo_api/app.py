"""The stand-in's routes. `/api/v1/…` and `/feedback/…` (which has a host of its own at Pendo) are as strict as Pendo;
`/_stand_in/…` is for tests and the demo."""

import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from local.pendo_api.subscription import GROUPS, KINDS, Misunderstood, Subscription

KEY_OF_ENGAGE, KEY_OF_FEEDBACK = "x-pendo-integration-key", "auth-token"


@dataclass
class Fault:
    """What the next `times` calls of the API get instead of their answer."""

    status: int
    times: int = 1
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = PlainTextResponse(message, status, headers)


@dataclass
class Pendo:
    key: str
    per_minute: int
    subscription: Subscription = field(default_factory=Subscription)
    faults: deque[Fault] = field(default_factory=deque)
    calls: deque[float] = field(default_factory=deque)
    seen: list[str] = field(default_factory=list)

    async def aggregation(self, request: Request) -> Response:
        body = await self._body(request)
        told, asked = body.get("response"), body.get("request")
        if not isinstance(told, dict) or told.get("mimeType") != "application/json" or not isinstance(asked, dict):
            raise Refused(400, "response.mimeType and request are required")
        try:
            rows = self.subscription.rows(asked.get("pipeline"))
        except Misunderstood as error:
            raise Refused(422, str(error)) from None
        return JSONResponse({"results": rows, "startTime": int(time.time() * 1000)})

    async def report(self, request: Request) -> Response:
        self._admit(request)
        text = self.subscription.reports.get(request.path_params["report"])
        if text is None:
            raise Refused(404, "report not found")
        return Response(text.encode(), media_type="text/csv")

    async def set_metadata(self, request: Request) -> Response:
        rows = await self._body(request)
        create = request.query_params.get("create") == "true"
        kind, group = request.path_params["kind"], request.path_params["group"]
        try:
            return JSONResponse(self.subscription.set(kind, group, rows, create=create))
        except Misunderstood as error:
            raise Refused(400, str(error)) from None

    async def vote(self, request: Request) -> Response:
        """Of the classic Feedback API, whose key is in another header."""
        try:
            self.subscription.vote(await self._body(request, KEY_OF_FEEDBACK))
        except Misunderstood as error:
            raise Refused(422, str(error)) from None
        return Response(status_code=200)

    def _admit(self, request: Request, key: str = KEY_OF_ENGAGE) -> None:
        """Faults come first, as a broken server does; then who is asking; then how often."""
        self.seen.append(f"{request.method} {request.url.path}")
        if self.faults:
            fault = self.faults[0]
            fault.times -= 1
            if fault.times <= 0:
                self.faults.popleft()
            raise Refused(fault.status, "fault", fault.headers)
        if request.headers.get(key) != self.key:
            raise Refused(403, "Forbidden")
        now = time.monotonic()
        while self.calls and self.calls[0] <= now - 60:
            self.calls.popleft()
        if len(self.calls) >= self.per_minute:
            raise Refused(429, "Too Many Requests")
        self.calls.append(now)

    async def _body(self, request: Request, key: str = KEY_OF_ENGAGE) -> Any:
        self._admit(request, key)
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refused(415, "content type must be application/json")
        try:
            return json.loads(await request.body())
        except ValueError:
            raise Refused(400, "invalid JSON") from None

    async def put_known(self, request: Request) -> Response:
        """`{"account": {"A-1": {"auto": {"lastvisit": 1}}}, "reports": {"id": "csv"}, "features": {"id": "title"}}`,
        added to what there is."""
        told: dict[str, Any] = await request.json()
        for kind in KINDS:
            for key, groups in told.get(kind, {}).items():
                held = self.subscription.known[kind].setdefault(key, {})
                for group in (name for name in groups if name in GROUPS):
                    held.setdefault(group, {}).update(groups[group])
        self.subscription.reports.update(told.get("reports", {}))
        self.subscription.features.update(told.get("features", {}))
        return Response(status_code=204)

    async def show_known(self, request: Request) -> Response:
        votes = [[user, feature, quantity] for (user, feature), quantity in self.subscription.votes.items()]
        return JSONResponse({**self.subscription.known, "votes": votes, "seen": self.seen})

    async def forget(self, request: Request) -> Response:
        self.subscription = Subscription()
        self.faults.clear()
        self.calls.clear()
        self.seen.clear()
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        self.faults.append(Fault(**await request.json()))
        return Response(status_code=204)


def application(key: str, per_minute: int = 600) -> Starlette:
    pendo = Pendo(key, per_minute)
    vendor = [
        Route("/aggregation", pendo.aggregation, methods=["POST"]),
        Route("/report/{report}/results.csv", pendo.report),
        Route("/metadata/{kind}/{group}/value", pendo.set_metadata, methods=["POST", "PATCH"]),
    ]
    ours = [
        Route("/known", pendo.put_known, methods=["POST"]),
        Route("/known", pendo.show_known, methods=["GET"]),
        Route("/known", pendo.forget, methods=["DELETE"]),
        Route("/faults", pendo.add_fault, methods=["POST"]),
    ]
    feedback = [Route("/votes", pendo.vote, methods=["POST"])]
    routes = [
        Mount("/api/v1", routes=vendor),
        Mount("/feedback", routes=feedback),
        Mount("/_stand_in", routes=ours),
    ]
    return Starlette(routes=routes, exception_handlers={Refused: _refused})


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - Starlette types handlers by Exception
    return error.answer
