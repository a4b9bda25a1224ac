"""SurveyMonkey (https://api.surveymonkey.com/v3/docs#webhooks).

`Sm-Signature` is the base64 HMAC-SHA1 of the body; its key is made of two parts, `<client id>&<API secret>`, and that
whole text is a line of this source's secret. No time is signed. The event carries no answers: they come from
`GET /v3/surveys/{id}/responses/{id}/details?simple=true`. `simple` adds the texts of questions and choices, which would
need a second call otherwise. Every page of a response can send an event, and all of them are one feedback.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field, HttpUrl

from feedback_bridge.config.document import SecretName
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, Survey
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.moment import moment
from feedback_bridge.sources.names import AnswerNames
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.signature import signed_by
from feedback_bridge.sources.surveymonkey_response import Details, answers_of, attached_to
from feedback_bridge.sources.tool import AnswersRequest, Event, Request, Unreadable, Unverified
from feedback_bridge.sources.web import ApiUrl

EventType = Literal[
    "response_completed", "response_updated", "response_created", "response_disqualified", "response_overquota"
]


class Settings(SourceDocument):
    type: Literal["surveymonkey"] = "surveymonkey"
    api_url: ApiUrl = Field(
        default=HttpUrl("https://api.surveymonkey.com"),
        description="https://api.eu.surveymonkey.com or https://api.surveymonkey.ca for accounts that are kept there.",
    )
    api_token: SecretName = Field(
        description="Name of the secret that holds an access token with responses_read_detail."
    )
    event_types: list[EventType] = Field(
        default=["response_completed"],
        description="response_updated adds later edits, and each page of a response that is not complete yet; "
        "every one costs a call of the API.",
    )
    survey_names: dict[str, str] = Field(default_factory=dict, description="Names for `survey.name`, by survey id.")
    answer_names: AnswerNames = Field(default_factory=dict)


SETUP = Setup(
    made_by="tool",
    steps=(
        "The secret is `CLIENT_ID&API_SECRET` of your app: developer.surveymonkey.com > My Apps > Settings.",
        "Subscribe by the API: POST https://api.surveymonkey.com/v3/webhooks with the header",
        "Authorization: Bearer ACCESS_TOKEN and the body",
        '{{"name": "Feedback Bridge", "event_type": "response_completed", "object_type": "survey", '
        '"object_ids": ["SURVEY_ID"], "subscription_url": "{url}"}}',
        "The answers are fetched with the token in api_token: bridge secrets set NAME",
    ),
    document={"api_token": "surveymonkey-token"},
    sample="first_page.json",
)


class Resources(Part):
    survey_id: str = Field(pattern=r"^[0-9]{1,20}$")


class Told(Part):
    """Only these go into the address of the API, so only digits are let through."""

    event_type: str
    object_id: str = Field(pattern=r"^[0-9]{1,20}$")
    resources: Resources


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    presented = request.headers.get("sm-signature", "")
    if not signed_by(secrets, request.body, presented, algorithm="sha1", encoding="base64"):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """The response, to be fetched. The whole body is its document: every event of a response brings a new content."""
    bodies.require(content_type, bodies.JSON)
    document = bodies.json_object(body)
    if isinstance(kind := document.get("event_type"), str) and kind not in source.event_types:
        return []
    return [Event(id=parsed(Told, document).object_id, document=document, awaits_answers=True)]


def answers_request(event: Event, source: Settings) -> AnswersRequest:
    told = parsed(Told, event.document)
    path = f"/v3/surveys/{told.resources.survey_id}/responses/{told.object_id}/details?simple=true"
    return AnswersRequest(
        tool="SurveyMonkey",
        url=str(source.api_url).rstrip("/") + path,
        secret=source.api_token,
        header="Authorization",
        prefix="Bearer ",
    )


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    if answers is None:
        raise Unreadable("The answers of this response have not been fetched.")
    survey_id = parsed(Told, event.document).resources.survey_id
    response = parsed(Details, bodies.json_object(answers))
    embedded = attached_to(response)
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="survey_response",
        source=source.id,
        occurred_at=moment(response.date_modified) or moment(response.date_created) or received_at,
        received_at=received_at,
        respondent=respondent(embedded, **response.recipient),
        survey=Survey(
            id=survey_id,
            name=source.survey_names.get(survey_id),
            language=response.language,
            channel=response.collection_mode,
        ),
        answers=answers_of(response, source.answer_names),
        embedded=embedded,
    )
    return with_nps(feedback, source.nps)
