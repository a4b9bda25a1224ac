"""What a tool would send, for `bridge sources test`: one of its shipped samples, or a body made from a source's paths.

Each time it is another event, so that the stack does not take it for a repetition.
"""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cli.failure import Failure
from feedback_bridge.feedback.record_id import checksum

SAMPLES = Path(__file__).parents[1] / "events" / "sources"
EMAIL = "bridge-test@example.com"

_SAID: dict[str, Any] = {
    "email": EMAIL,
    "name": "テスト 太郎",
    "first_name": "太郎",
    "last_name": "テスト",
    "phone": "03-0000-0000",
    "company": "テスト株式会社",
    "user_id": "bridge-test",
    "survey_id": "bridge-test",
    "survey_name": "bridge sources test",
    "language": "ja",
    "score": 9,
    "comment": "bridge sources test: 届いています。",
}


def sample_body(source: Mapping[str, Any]) -> bytes:
    """`source` is its document. Raises Failure where no body can be made for it."""
    from feedback_bridge.sources.registry import parse_source, tool

    file = tool(source["type"]).SETUP.sample
    if file is None:
        settings: Any = parse_source(source)
        return _made_from_paths(settings.fields.model_dump(), settings.without_id)
    return _shipped(SAMPLES / source["type"] / file)


def outbound_message(organization_id: str) -> bytes:
    """Of a record that no org has: whoever reads it again finds it gone."""
    text = _shipped(SAMPLES / "salesforce" / "case_closed.xml").decode()
    short = "04l" + "".join(secrets.choice("0123456789abcdef") for _ in range(12))
    text = text.replace("04l5g00000XyZaBAAV", short + checksum(short))
    return text.replace("00D5g00000KpLmQEAV", organization_id).encode()


def renewed(body: bytes, event_id: str) -> bytes:
    """The JSON body as another event: its id, wherever it stands, becomes another one of the same kind."""
    fresh = _fresh(event_id)

    def renew(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: renew(item) for key, item in value.items()}
        if isinstance(value, list):
            return [renew(item) for item in value]
        if isinstance(value, bool) or str(value) != event_id:
            return value
        return int(fresh) if isinstance(value, int) else fresh

    return json.dumps(renew(json.loads(body)), ensure_ascii=False).encode()


def _shipped(file: Path) -> bytes:
    if not file.is_file():
        raise Failure(f"The samples are not installed here: {file} is missing. Give a body with --sample FILE.")
    return file.read_bytes()


def _fresh(event_id: str) -> str:
    if event_id.isascii() and event_id.isdecimal():
        return "1" + "".join(str(secrets.randbelow(10)) for _ in event_id[1:])
    return secrets.token_hex(len(event_id) // 2 + 1)[: max(len(event_id), 8)]


def _made_from_paths(fields: Mapping[str, Any], without_id: str) -> bytes:
    """An object that has something at each plain path; of alternatives (`a || b`) the first."""
    place = _keys(fields.get("id"))
    if place is None and without_id == "refuse":
        raise Failure(f"No body can be made for the path {fields.get('id')!r}. Give one with --sample FILE.")
    body: dict[str, Any] = {}
    _put(body, place or ["bridge_test"], f"bridge-test-{secrets.token_hex(6)}")
    for name, value in {"occurred_at": datetime.now(UTC).isoformat(), **_SAID}.items():
        if keys := _keys(fields.get(name)):
            _put(body, keys, value)
    body.setdefault("email", EMAIL)
    return json.dumps(body, ensure_ascii=False).encode()


def _keys(path: str | None) -> list[str] | None:
    """The names that a plain path walks through; None for any other expression."""
    import jmespath

    if not path:
        return None
    node: Any = jmespath.compile(path).parsed
    while node["type"] == "or_expression":
        node = node["children"][0]
    pending, keys = [node], []
    while pending:
        node = pending.pop()
        if node["type"] == "field":
            keys.append(node["value"])
        elif node["type"] == "subexpression":
            pending += reversed(node["children"])
        else:
            return None
    return keys


def _put(body: dict[str, Any], keys: list[str], value: Any) -> None:
    """What another path has put there already stays."""
    for key in keys[:-1]:
        inside = body.setdefault(key, {})
        if not isinstance(inside, dict):
            return
        body = inside
    body.setdefault(keys[-1], value)
