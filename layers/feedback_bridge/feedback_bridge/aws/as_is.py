"""Arguments that go over the wire as they are.

In the JSON of DynamoDB and EventBridge a request's body is what the client is given. boto3 does not know that, and
walks through every attribute of every item to make the same again, which is half the work of a batch call. So the body
is made here at once; boto3 signs it, sends it, retries it and reads the answer as always.

The two events are botocore's own: https://docs.aws.amazon.com/boto3/latest/guide/events.html
"""

import base64
import json
from typing import Any

_GIVEN = "feedback_bridge.given"


def send_as_is(client: Any, *operations: str) -> None:
    """`operations` have to be ones whose arguments hold nothing but text, numbers, booleans and bytes."""
    service = client.meta.service_model.service_id.hyphenize()
    for operation in operations:
        client.meta.events.register(f"provide-client-params.{service}.{operation}", _keep)
        client.meta.events.register(f"before-call.{service}.{operation}", _fill)


def _keep(params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What is left for boto3 to walk through: it looks for table names that tell another endpoint, and ours do not."""
    context[_GIVEN] = params
    return {name: type(value)() for name, value in params.items()}


def _fill(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """What boto3 adds by itself, such as the token that lets a transaction be repeated, stays."""
    added = json.loads(params["body"])
    params["body"] = json.dumps({**added, **context.pop(_GIVEN)}, default=_base64).encode()


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} cannot be sent as it is")
