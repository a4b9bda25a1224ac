"""One message of a chat, alike whichever tool carried it."""

from typing import Literal

from pydantic import JsonValue

Speaker = Literal["customer", "agent", "system"]


def message(
    message_id: JsonValue, at: JsonValue, text: JsonValue, speaker: Speaker, name: JsonValue, author_id: JsonValue
) -> dict[str, JsonValue]:
    author: dict[str, JsonValue] = {"type": speaker, "id": author_id, "name": name}
    told: dict[str, JsonValue] = {"id": message_id, "at": at, "text": text, "author": _without_none(author)}
    return _without_none(told)


def _without_none(values: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in values.items() if value is not None}
