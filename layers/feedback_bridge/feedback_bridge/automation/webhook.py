"""What a webhook is sent: a body that Slack, Teams or a program reads, and its signature.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
Teams (Workflows): https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

import hashlib
import hmac
import json
from typing import Any

SIGNATURE, TIMESTAMP = "X-Feedback-Bridge-Signature", "X-Feedback-Bridge-Timestamp"
_CARD = "application/vnd.microsoft.card.adaptive"
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def body(form: str, text: str, feedback_id: str) -> bytes:
    """UTF-8 JSON. What customers wrote mentions no channel and makes no link: Slack's characters are escaped."""
    document: dict[str, Any] = {"text": text.translate(_SLACK)}
    if form == "teams":
        block = {"type": "TextBlock", "text": text, "wrap": True}
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": [block],
        }
        document = {"type": "message", "attachments": [{"contentType": _CARD, "content": card}]}
    elif form == "json":
        document = {"version": 1, "feedback_id": feedback_id, "text": text}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signed(data: bytes, key: str, timestamp: int) -> dict[str, str]:
    """The headers: HMAC-SHA256 in hex over `{timestamp}.{body}`, so that a recorded request cannot be sent later."""
    digest = hmac.new(key.encode(), f"{timestamp}.".encode() + data, hashlib.sha256).hexdigest()
    return {SIGNATURE: f"sha256={digest}", TIMESTAMP: str(timestamp)}
