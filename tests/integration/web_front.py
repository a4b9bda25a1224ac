"""The whole API over real HTTP: what API Gateway does between a client and the functions, and nothing more.

With `pumped`, what a request puts on the bus goes through tagging and mapping before the request is answered.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3

from functions.admin_api.app import handler as admin_api
from functions.ingest.app import handler as ingest_handler
from functions.nps_tagging.app import handler as tagging_handler
from functions.outbound_messages.app import handler as outbound_handler
from functions.response_mapping.app import handler as mapping_handler
from tests.integration.admin import calling
from tests.integration.web_events import CONTEXT, answered, web_event

PORTS = range(18800, 18900)
_STAGE = "/v1"
_ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET|POST", "/in/{source}", ingest_handler),
    ("POST", "/salesforce/{org}/outbound-messages", outbound_handler),
)
_one_at_a_time = Lock()
"""A Lambda worker answers one event at a time."""


def answer(method: str, target: str, headers: dict[str, str], body: bytes | None) -> Any:
    split = urlsplit(target)
    if split.path.startswith("/admin/") or split.path == "/openapi.json":
        return calling.answered(admin_api(calling.event(method, target, headers, body), calling.CONTEXT))
    for methods, resource, handler in _ROUTES:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", resource), split.path) and method in methods.split("|"):
            query = dict(parse_qsl(split.query, keep_blank_values=True))
            path = "/".join(unquote(part) for part in split.path.split("/"))
            if path.count("/") == split.path.count("/"):
                return answered(handler(web_event(method, path, resource, body, headers, query), CONTEXT))
    problem = '{"type": "about:blank", "title": "Not Found", "status": 404}'
    told = {"statusCode": 404, "headers": {"Content-Type": "application/problem+json"}, "body": problem}
    return answered(told)


class _Gateway(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pump: Callable[[], None] | None = None

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        with _one_at_a_time:
            told = answer(self.command, self.path.removeprefix(_STAGE), dict(self.headers.items()), body)
            if type(self).pump is not None and told.status < 300:
                type(self).pump()  # type: ignore[misc]
        data = told.text.encode()
        self.send_response(told.status)
        for name, value in told.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


@contextmanager
def web_front(*, pumped: bool = False) -> Iterator[str]:
    """The API's URL, ending in /v1, while it is served."""
    gateway = type("Gateway", (_Gateway,), {"pump": staticmethod(pump()) if pumped else None})
    server = _bound(gateway)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{_STAGE}"
    finally:
        server.shutdown()
        server.server_close()


def pump() -> Callable[[], None]:
    """Takes what is on the bus to the functions that wait for it, until there is no more."""
    received = '{"source": ["feedback.bridge"], "detail-type": ["FeedbackReceived"], "detail": {"scored": [%s]}}'
    tagged = '{"source": ["feedback.bridge"], "detail-type": ["NpsTagged"]}'
    routes = [
        (_subscribed("to-tagging", received % "true"), tagging_handler),
        (_subscribed("to-mapping", received % "false"), mapping_handler),
        (_subscribed("to-mapping-tagged", tagged), mapping_handler),
    ]

    def run() -> None:
        while sum(_delivered(queue, handler) for queue, handler in routes):
            continue

    return run


def _subscribed(name: str, pattern: str) -> str:
    queue = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    arn = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    boto3.client("events").put_rule(Name=name, EventBusName="bus", EventPattern=pattern)
    boto3.client("events").put_targets(Rule=name, EventBusName="bus", Targets=[{"Id": "queue", "Arn": arn}])
    return str(queue)


def _delivered(queue: str, handler: Callable[..., Any]) -> bool:
    sqs = boto3.client("sqs")
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    records = [
        {"messageId": item["MessageId"], "body": item["Body"], "attributes": {}, "messageAttributes": {}}
        for item in messages
    ]
    if records:
        assert handler({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    for item in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=item["ReceiptHandle"])
    return bool(messages)


def _bound(gateway: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    for port in PORTS:
        try:
            return ThreadingHTTPServer(("127.0.0.1", port), gateway)
        except OSError:
            continue
    raise RuntimeError(f"no port of {PORTS} is free")
