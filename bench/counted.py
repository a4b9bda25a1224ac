"""The calls that the functions make: how many of which, and with what in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from feedback_bridge.aws.clients import client

SERVICES = ("dynamodb", "events", "sqs", "s3", "secretsmanager")


@dataclass(frozen=True)
class AwsCall:
    """`arguments` as they were given to the boto3 client."""

    service: str
    operation: str
    arguments: dict[str, Any]


@dataclass
class AwsCalls:
    made: list[AwsCall] = field(default_factory=list)

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.made.append(AwsCall(model.service_model.service_name, model.name, params))


@contextmanager
def aws_calls() -> Iterator[AwsCalls]:
    """Those that the functions of this process make inside the block."""
    calls = AwsCalls()
    for service in SERVICES:
        client(service).meta.events.register("provide-client-params", calls.note)
    try:
        yield calls
    finally:
        for service in SERVICES:
            client(service).meta.events.unregister("provide-client-params", calls.note)


@contextmanager
def requests_of(http: requests.Session) -> Iterator[list[requests.PreparedRequest]]:
    """What is sent through a session inside the block."""
    sent: list[requests.PreparedRequest] = []

    def note(reply: requests.Response, *_: Any, **__: Any) -> None:
        sent.append(reply.request)

    http.hooks["response"].append(note)
    try:
        yield sent
    finally:
        http.hooks["response"].remove(note)
