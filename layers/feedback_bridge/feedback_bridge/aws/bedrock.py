"""A language model of Amazon Bedrock (Converse API), and what may be spent on it.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated

_OWNER = "summaries"


@dataclass(frozen=True, slots=True)
class Said:
    """`text` is None where the model did not come to its end."""

    text: str | None
    tokens: int


def ask(model: str, instructions: str, text: str, most_tokens: int, seconds: float) -> Said:
    """One try. Raises TransientError, PermanentError."""
    with translated("ask the language model"):
        reply = _runtime(seconds).converse(
            modelId=model,
            system=[{"text": instructions}],
            messages=[{"role": "user", "content": [{"text": text}]}],
            inferenceConfig={"maxTokens": most_tokens, "temperature": 0},
        )
    parts = [part["text"] for part in reply["output"]["message"]["content"] if "text" in part]
    return Said("".join(parts) if reply["stopReason"] == "end_turn" else None, reply["usage"]["totalTokens"])


@cache
def _runtime(seconds: float) -> Any:
    config = Config(connect_timeout=1, read_timeout=seconds, retries={"total_max_attempts": 1})
    return boto3.client("bedrock-runtime", config=config)


@dataclass(frozen=True)
class Allowance:
    """The tokens of a month, spent before they are asked for: no crash spends more."""

    table: str
    month: str
    most: int

    def spend(self, tokens: int) -> bool:
        """Whether they are left. Raises TransientError."""
        try:
            self._add(
                tokens, ConditionExpression="attribute_not_exists(tokens) OR tokens <= :left", left=self.most - tokens
            )
        except ConditionFailed:
            return False
        return True

    def give_back(self, tokens: int) -> None:
        """Those that were not needed. Raises TransientError."""
        self._add(-tokens)

    def _add(self, tokens: int, *, left: int | None = None, **condition: str) -> None:
        values = {":by": {"N": str(tokens)}} | ({":left": {"N": str(left)}} if left is not None else {})
        with translated("count what summaries cost"):
            client("dynamodb").update_item(
                TableName=self.table,
                Key={"owner": {"S": _OWNER}, "name": {"S": self.month}},
                UpdateExpression="ADD tokens :by",
                ExpressionAttributeValues=values,
                **condition,
            )
