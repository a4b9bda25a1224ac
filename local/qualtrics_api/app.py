"""The stand-in's routes. `/API/v3/…` is as strict as Qualtrics; `/_stand_in/…` is for tests and the demo."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from local.qualtrics_api.answers import Refused, given, refused_for
from local.qualtrics_api.responses import RESPONSE_ID, SURVEY_ID, Responses


@dataclass
class Fault:
    """What the next `times` calls of the API get instead of their answer. `status` 200 only delays them."""

    status: int = 200
    times: int = 1
    delay: float = 0
    retry_after: int | None = None


@dataclass
class Qualtrics:
    responses: Responses
    token: str
    per_minute: int
    faults: deque[Fault] = field(default_factory=deque)
    calls: deque[float] = field(default_factory=deque)
    seen: list[str] = field(default_factory=list)

    async def whoami(self, request: Request) -> Response:
        await self._admit(request)
        return given({"brandId": "exampleinc", "userId": "UR_0000000000stand", "userName": "stand-in#exampleinc"})

    async def response(self, request: Request) -> Response:
        await self._admit(request)
        survey_id, response_id = request.path_params["survey"], request.path_params["response"]
        if not (SURVEY_ID.fullmatch(survey_id) and RESPONSE_ID.fullmatch(response_id)):
            raise Refused(400, "QVAL_1", "Invalid surveyId or responseId.")
        if not self.responses.has_survey(survey_id):
            raise Refused(404, "SURVEY_404", "The requested survey does not exist.")
        result = self.responses.result(survey_id, response_id)
        if result is None:
            raise Refused(404, "RESPONSE_404", "The requested response does not exist.")
        return given(result)

    async def _admit(self, request: Request) -> None:
        """Faults come first, as a broken server does; then who is asking; then how often."""
        self.seen.append(request.url.path)
        if self.faults:
            fault = self.faults[0]
            fault.times -= 1
            if fault.times <= 0:
                self.faults.popleft()
            await asyncio.sleep(fault.delay)
            if fault.status != 200:
                raise refused_for(fault.status, fault.retry_after)
        token = request.headers.get("x-api-token")
        if token is None:
            raise Refused(400, "ATP_2", "Expected authorization in headers, but none provided.")
        if token != self.token:
            raise Refused(401, "DCD_7", "Unrecognized X-API-TOKEN.")
        self._count()

    def _count(self) -> None:
        now = time.monotonic()
        while self.calls and self.calls[0] <= now - 60:
            self.calls.popleft()
        if len(self.calls) >= self.per_minute:
            wait = int(self.calls[0] + 60 - now) + 1
            raise Refused(429, "RATE_429", "Too many requests.", {"Retry-After": str(wait)})
        self.calls.append(now)

    async def add_response(self, request: Request) -> Response:
        told: dict[str, Any] = await request.json()
        try:
            self.responses.add(told.get("surveyId", ""), told.get("result", {}))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return Response(status_code=204)

    async def add_fault(self, request: Request) -> Response:
        self.faults.append(Fault(**await request.json()))
        return Response(status_code=204)

    async def forget_faults(self, request: Request) -> Response:
        self.faults.clear()
        self.calls.clear()
        return Response(status_code=204)

    async def requests(self, request: Request) -> Response:
        return JSONResponse({"items": self.seen})


def application(responses: Responses, token: str, per_minute: int = 3000) -> Starlette:
    stand_in = Qualtrics(responses, token, per_minute)
    vendor = [
        Route("/whoami", stand_in.whoami),
        Route("/surveys/{survey}/responses/{response}", stand_in.response),
    ]
    ours = [
        Route("/responses", stand_in.add_response, methods=["POST"]),
        Route("/faults", stand_in.add_fault, methods=["POST"]),
        Route("/faults", stand_in.forget_faults, methods=["DELETE"]),
        Route("/requests", stand_in.requests),
    ]
    return Starlette(
        routes=[Mount("/API/v3", routes=vendor), Mount("/_stand_in", routes=ours)],
        exception_handlers={Refused: _refused, HTTPException: _unknown},
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - Starlette types handlers by Exception
    return error.answer


async def _unknown(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    return refused_for(error.status_code, None).answer
