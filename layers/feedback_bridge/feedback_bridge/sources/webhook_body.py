"""The `fields` of a webhook source: where in its body each part of the Feedback is."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, JsonValue

from feedback_bridge.config.document import Settings
from feedback_bridge.config.problem import Problem
from feedback_bridge.feedback.model import Answer, Idea, Nps, Respondent, Survey
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.names import path_names
from feedback_bridge.sources.paths import BodyPath, find
from feedback_bridge.sources.people import respondent, tidy
from feedback_bridge.sources.scores import READ_AS
from feedback_bridge.sources.tool import InvalidEvent

EVERYTHING = "*"
"""The entry of a table whose path finds an object: each of its members becomes an entry of its own."""

_NAME_KEYS = ("name", "key", "ref", "id")


def _as_table(value: Any) -> Any:
    return {EVERYTHING: value} if isinstance(value, str) else value


Table = Annotated[dict[str, BodyPath], BeforeValidator(_as_table, json_schema_input_type=str | dict[str, str])]
"""A path to an object, or names with a path for each; `*` as a name stands for a path to an object, too."""


class Fields(Settings):
    """JMESPath over the body. A path that finds nothing leaves its part of the Feedback away."""

    id: BodyPath | None = None
    occurred_at: BodyPath | None = Field(default=None, description="ISO 8601, or seconds or milliseconds since 1970.")
    email: BodyPath | None = None
    name: BodyPath | None = None
    first_name: BodyPath | None = None
    last_name: BodyPath | None = None
    phone: BodyPath | None = None
    company: BodyPath | None = None
    user_id: BodyPath | None = None
    account_id: BodyPath | None = None
    salesforce_id: BodyPath | None = None
    survey_id: BodyPath | None = None
    survey_name: BodyPath | None = None
    language: BodyPath | None = None
    channel: BodyPath | None = None
    score: BodyPath | None = None
    comment: BodyPath | None = None
    follow_ups: BodyPath | None = None
    summary: BodyPath | None = None
    themes: BodyPath | None = None
    idea: BodyPath | None = Field(default=None, description="The key of an idea: the same for all who ask for it.")
    idea_title: BodyPath | None = None
    answers: Table | None = Field(default=None, description="Default: the whole body, for a survey_response.")
    embedded: Table = Field(default_factory=dict)
    content: BodyPath = Field(
        default="@", description="What `form`, `chat` or `usage` holds, for feedback of such a type."
    )

    def text(self, part: str, body: JsonValue) -> str | None:
        path: str | None = getattr(self, part)
        return tidy(find(path, body)) if path else None


def respondent_in(fields: Fields, body: JsonValue, embedded: Mapping[str, JsonValue]) -> Respondent:
    said: dict[str, JsonValue] = {part: fields.text(part, body) for part in Respondent.model_fields}
    return respondent(embedded, **{part: text for part, text in said.items() if text})


def survey_in(fields: Fields, body: JsonValue) -> Survey | None:
    survey = Survey(
        id=fields.text("survey_id", body),
        name=fields.text("survey_name", body),
        language=fields.text("language", body),
        channel=fields.text("channel", body),
    )
    return survey if survey != Survey() else None


def idea_in(fields: Fields, body: JsonValue) -> Idea | None:
    key = fields.text("idea", body)
    return Idea(id=key, title=fields.text("idea_title", body)) if key else None


def nps_in(fields: Fields, body: JsonValue) -> Nps | None:
    found = {part: find(path, body) for part in READ_AS if (path := getattr(fields, part))}
    nps = Nps(**{part: told for part, value in found.items() if (told := READ_AS[part](value)) is not None})
    return nps if nps != Nps() else None


def moment_in(fields: Fields, body: JsonValue, zone: timezone) -> datetime | None:
    """None when there is no time in the body. Raises InvalidEvent when what is there is no time."""
    if not fields.occurred_at or (value := find(fields.occurred_at, body)) in (None, ""):
        return None
    if (found := moment(value, zone=zone)) is None:
        raise InvalidEvent([Problem(path=fields.occurred_at, message="is not a time")])
    return found


def answers_in(table: Mapping[str, str], body: JsonValue) -> dict[str, Answer]:
    return {name: _answer(value) for name, value in values_in(table, body).items()}


def values_in(table: Mapping[str, str], body: JsonValue) -> dict[str, JsonValue]:
    """The entries of a table. Nulls and blank texts are left away: a form sends them for what was not filled in."""
    found: dict[str, JsonValue] = {}
    for name, path in table.items():
        value = find(path, body)
        if name == EVERYTHING:
            members = _members(value)
            names = path_names(members)
            found |= {names[member]: item for member, item in members.items()}
        else:
            found[name] = value
    return filled(found)


def filled(found: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in found.items() if not _blank(value)}


def _members(value: JsonValue) -> dict[str, JsonValue]:
    """An object's members; or, as some form tools write them, a list of objects that each name themselves."""
    if isinstance(value, dict):
        return value
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    named = [(tidy(next(filter(None, map(item.get, _NAME_KEYS)), None)), item) for item in items]
    return {name: item for name, item in named if name}


def _answer(value: JsonValue) -> Answer:
    """An object with a `value` tells an answer's parts itself; anything else is the value."""
    if not isinstance(value, dict) or "value" not in value:
        return Answer(value=value)
    return Answer(
        question=tidy(value.get("question")) or tidy(value.get("title")), value=value["value"], label=value.get("label")
    )


def _blank(value: JsonValue) -> bool:
    value = value.get("value", value) if isinstance(value, dict) else value
    return value is None or (isinstance(value, str) and not value.strip())
