"""The JSON of a request to a tool: its texts are filled in one by one, so that no value becomes a part of it."""

import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

MOST_TEXTS = 30

Place = tuple[str | int, ...]


def text_name(number: int) -> str:
    """Under which the text of this number is written as a field."""
    return f"text_{number}"


def dotted(place: Place) -> str:
    """`votes[0].feature_id`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def texts_in(body: JsonValue, place: Place = ()) -> list[tuple[Place, str]]:
    """Every text of the structure with its place, in the order in which they are numbered."""
    if isinstance(body, str):
        return [(place, body)]
    return [found for part, value in _parts(body) for found in texts_in(value, (*place, part))]


def filled(body: JsonValue, texts: Mapping[int, str]) -> bytes:
    """UTF-8 JSON with each text as it was filled in. A text that found nothing leaves its place out."""
    by_place = {place: texts.get(number) for number, (place, _) in enumerate(texts_in(body))}
    return json.dumps(_filled(body, (), by_place), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _filled(value: JsonValue, place: Place, texts: Mapping[Place, str | None]) -> JsonValue:
    if isinstance(value, str):
        return texts[place]
    kept = [
        (part, _filled(item, (*place, part), texts))
        for part, item in _parts(value)
        if texts.get((*place, part), "") is not None
    ]
    if isinstance(value, dict):
        return {str(part): item for part, item in kept}
    return [item for _, item in kept] if isinstance(value, list) else value


def _parts(value: JsonValue) -> Sequence[tuple[str | int, JsonValue]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
