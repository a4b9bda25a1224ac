"""The least that can take a webhook: it verifies the HMAC and makes the same AWS calls, with arguments that are ready.

Nothing is parsed or read: no source's document, no answers, no Feedback, no digest, no log.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import boto3
from botocore import xform_name

from bench.counted import AwsCall


class BareIngest:
    """`per_webhook`: the AWS calls of each of some webhooks; they are made again with a feedback id of their own."""

    def __init__(self, per_webhook: Sequence[Sequence[AwsCall]], secret: str) -> None:
        self._secret = secret.encode()
        services = {call.service for calls in per_webhook for call in calls}
        clients = {service: boto3.client(service) for service in services}  # type: ignore[call-overload]
        self._ready = cycle(
            [
                [(getattr(clients[call.service], xform_name(call.operation)), call.arguments) for call in calls]
                for calls in per_webhook
            ]
        )
        self._taken = 0

    def handle(self, event: dict[str, Any]) -> dict[str, Any]:
        digest = hmac.new(self._secret, base64.b64decode(event["body"]), hashlib.sha256).digest()
        wanted = "sha256=" + base64.b64encode(digest).decode()
        if not hmac.compare_digest(event["headers"].get("Typeform-Signature", ""), wanted):
            return {"statusCode": 401, "body": ""}
        self._taken += 1
        for call, arguments in next(self._ready):
            call(**self._of_its_own(arguments))
        return {"statusCode": 202, "body": json.dumps({"status": "accepted"})}

    def _of_its_own(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """An event that is in the archive already would be refused there."""
        if "Item" not in arguments:
            return arguments
        return {**arguments, "Item": {**arguments["Item"], "feedback_id": {"S": f"bare:{self._taken}"}}}
