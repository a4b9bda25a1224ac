"""The HTTPS face: reads a request, hands it to a thread, and writes Salesforce's headers around the answer.

Every request runs on a thread of its own, so that two writers of one row really wait for each other.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import re
import threading
import time
import zlib
from typing import Any
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import control, oauth
from .errors import NotJsonError, SalesforceError, json_parser_error
from .faults import Effect
from .http_types import RestRequest, RestResponse, as_error_response
from .org import Org
from .pretty import pretty
from .rest import discovery, routes
from .sessions import Session

logger = logging.getLogger(__name__)
MAX_HEAD_BYTES = 16_384
METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]
JSON = "application/json;charset=UTF-8"
COMMON_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "X-Robots-Tag": "none",
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Server": "sfdcedge",
}


TRANSPORT = "feedback_bridge.transport"
OBJECT_IN_BODY = re.compile(rb'"type"\s*:\s*"(\w+)"')
LOOPBACK = ("127.0.0.1", "::1")


class CutConnection(Exception):
    """A fault asked for the connection to be closed without an answer."""


def application(org: Org) -> Starlette:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        exchange = Exchange(org, request, body)
        try:
            return await run_in_threadpool(exchange.respond)
        except CutConnection:
            request.scope[TRANSPORT].abort()
            await asyncio.sleep(0.01)  # lets the server notice that nobody listens any more
            return Response(status_code=503)

    return Starlette(routes=[Route("/{path:path}", endpoint, methods=METHODS)])


class Exchange:
    """One request and its answer."""

    def __init__(self, org: Org, request: Request, body: bytes) -> None:
        self.org = org
        # Clients that cannot send PATCH put it into the query of a POST.
        self.method = request.query_params.get("_HttpMethod", request.method).upper()
        self.raw_path = request.scope["raw_path"].decode("ascii", "replace")
        self.raw_query = request.scope["query_string"].decode("ascii", "replace")
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        self.body = body
        self.client = request.client.host if request.client else ""
        self.show_usage = False

    def respond(self) -> Response:
        try:
            answer = self._answer()
        except NotJsonError as problem:
            return Response(problem.html, problem.status, {"Content-Type": "text/html"})
        except SalesforceError as problem:
            answer = as_error_response(problem)
        except CutConnection:
            raise
        except Exception:
            logger.exception("%s %s failed", self.method, unquote(self.raw_path))
            answer = as_error_response(SalesforceError("UNKNOWN_EXCEPTION", "An unexpected error occurred", status=500))
        return self._written(answer)

    def _answer(self) -> RestResponse:
        path = unquote(self.raw_path)
        if path.startswith("/_org") and self.client in LOOPBACK:
            return control.answer(self.org, self.method, path, self.raw_query, self.body)
        self._check_head()
        if self.org.settings.paused:
            raise SalesforceError("SERVER_UNAVAILABLE", "The org is under maintenance", status=503)
        if path.startswith("/services/oauth2/"):
            return self._oauth(path)
        if path.rstrip("/") == "/services/data":
            return RestResponse(200, discovery.versions())
        return self._data()

    def _check_head(self) -> None:
        uri = len(self.raw_path) + len(self.raw_query) + 1
        if uri > MAX_HEAD_BYTES:
            raise NotJsonError(414, "URI Too Long")
        if uri + sum(len(name) + len(value) + 4 for name, value in self.headers.items()) > MAX_HEAD_BYTES:
            raise NotJsonError(431, "Request Header Fields Too Large")

    def _oauth(self, path: str) -> RestResponse:
        if path == "/services/oauth2/token":
            effect = self.org.faults.strike(self.method, path, None)
            if effect is not None and (broken := _before(effect)) is not None:
                return broken
            form = {}
            if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
                form = dict(parse_qsl(self.body.decode("utf-8", "replace")))
            return oauth.token(self.org, form, self.headers.get("authorization"))
        if path == "/services/oauth2/userinfo":
            return oauth.user_info(self.org, self._session())
        if path == "/services/oauth2/revoke":
            form = dict(parse_qsl(self.body.decode("utf-8", "replace"))) or dict(parse_qsl(self.raw_query))
            self.org.sessions.revoke(form.get("token", ""))
            return RestResponse(200)
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)

    def _session(self) -> Session | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return self.org.sessions.find(token.strip()) if scheme.lower() in ("bearer", "oauth") else None

    def _data(self) -> RestResponse:
        routes.split_version(unquote(self.raw_path))
        session = self._session()
        if session is None:
            message = "Session expired or invalid"
            raise SalesforceError("INVALID_SESSION_ID", message, status=401, headers={"WWW-Authenticate": "Token"})
        self.show_usage = True
        request = self._request(session)
        found = routes.find(self.method, routes.split_version(self.raw_path)[1])
        sobject = found.arguments.get("name") or self._object_in_body()
        with self.org.limits.call(f"{self.method} {found.route.template}"):
            effect = self.org.faults.strike(self.method, self.raw_path, sobject)
            if effect is not None and (broken := _before(effect)) is not None:
                return broken
            self._check_media_type(found.route.media_type)
            if effect is not None and effect.when == "later":
                threading.Timer(effect.slow_seconds, found.handler, (request,), found.arguments).start()
                return _broken(effect) or RestResponse(202)
            response = found.handler(request, **found.arguments)
            return (_after(effect) or response) if effect is not None else response

    def _object_in_body(self) -> str | None:
        """The object of the first record of a collection, for the rules of faults."""
        if not self.org.faults.rules or not self.raw_path.endswith("/composite/sobjects"):
            return None
        match = OBJECT_IN_BODY.search(self.body)
        return match.group(1).decode() if match else None

    def _request(self, session: Session) -> RestRequest:
        body = self.body
        if self.headers.get("content-encoding", "").lower() == "gzip":
            body = _unzipped(body)
        return RestRequest(
            org=self.org,
            session=session,
            method=self.method,
            path=self.raw_path,
            version=routes.split_version(self.raw_path)[0],
            query=dict(parse_qsl(self.raw_query, keep_blank_values=True)),
            headers=self.headers,
            body=body,
        )

    def _check_media_type(self, wanted: str) -> None:
        if self.method not in ("POST", "PATCH", "PUT") or not self.body:
            return
        given = self.headers.get("content-type", "")
        if given.split(";")[0].strip().lower() != wanted:
            message = f"Content-Type header specified in HTTP request is not supported: {given}"
            raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", message, status=415)

    def _written(self, answer: RestResponse) -> Response:
        headers = {**COMMON_HEADERS, **answer.headers}
        if self.show_usage:
            headers["Sforce-Limit-Info"] = self.org.limits.usage_header
        if answer.body is None:
            return Response(None, answer.status, headers)
        content = answer.body if isinstance(answer.body, bytes) else self._json(answer.body).encode()
        headers.setdefault("Content-Type", JSON)
        if self.method == "HEAD":
            content = b""
        return Response(content, answer.status, headers)

    def _json(self, body: Any) -> str:
        if self.headers.get("x-prettyprint") == "1":
            return pretty(body)
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _unzipped(body: bytes) -> bytes:
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as problem:
        raise json_parser_error("The request body is not valid gzip") from problem


def _before(effect: Effect) -> RestResponse | None:
    """Slows or breaks a call before it does anything."""
    return _struck(effect) if effect.when == "before" else None


def _after(effect: Effect) -> RestResponse | None:
    """Slows or breaks a call that has done what it was asked for."""
    return _struck(effect) if effect.when == "after" else None


def _struck(effect: Effect) -> RestResponse | None:
    if effect.slow_seconds:
        time.sleep(effect.slow_seconds)
    return _broken(effect)


def _broken(effect: Effect) -> RestResponse | None:
    if effect.cut:
        raise CutConnection
    if effect.status is None:
        return None
    if effect.body is not None:
        return RestResponse(effect.status, effect.body.encode(), dict(effect.headers))
    headers = {"WWW-Authenticate": "Token"} if effect.status == 401 else {}
    problem = SalesforceError(effect.code, effect.message, status=effect.status, headers={**headers, **effect.headers})
    return as_error_response(problem)
