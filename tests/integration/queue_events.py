"""SQS events as Lambda receives them from a queue behind an EventBridge rule."""

import json
from datetime import UTC, datetime
from typing import Any

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def feedback(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A tagged survey response of 佐藤花子, as it arrives at the mappings."""
    document = {
        "id": f"typeform-main:{number:05}",
        "type": "survey_response",
        "source": "typeform-main",
        "occurred_at": "2026-11-21T03:04:05Z",
        "received_at": "2026-11-21T03:04:06Z",
        "respondent": {"email": "hanako.sato@example.jp", "name": "佐藤 花子"},
        "survey": {"id": "f1", "name": "顧客満足度調査", "language": "ja"},
        "answers": {"why": {"question": "理由", "value": "対応が早い"}},
        "embedded": {"tier": "gold"},
        "nps": {"score": 9, "band": "promoter", "label": "promoter", "normalised": 1, "comment": "対応が早い"},
    }
    return {**document, **changes}


def sqs_event(
    *documents: dict[str, Any], detail_type: str = "NpsTagged", receives: int = 1, attempt: int = 1, **detail: Any
) -> dict[str, Any]:
    records = [_record(position, item, detail_type, detail) for position, item in enumerate(documents)]
    for record in records:
        record["attributes"] = {"ApproximateReceiveCount": str(receives)}
        record["messageAttributes"] = {"attempt": {"dataType": "Number", "stringValue": str(attempt)}}
    return {"Records": records}


def _record(position: int, item: dict[str, Any], detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    about = {
        "version": 1,
        "feedback_id": item["id"],
        "source": item["source"],
        "type": item["type"],
        "scored": True,
        "content": 1,
        "feedback": item,
        **detail,
    }
    envelope = {"version": "0", "detail-type": detail_type, "source": "feedback.bridge", "detail": about}
    return {
        "messageId": f"message-{position}",
        "receiptHandle": "handle",
        "body": json.dumps(envelope, ensure_ascii=False),
        "eventSource": "aws:sqs",
    }
