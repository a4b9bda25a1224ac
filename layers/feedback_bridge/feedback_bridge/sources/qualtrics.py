"""Qualtrics: a completed response, announced by an event subscription or by a workflow's web service task.

A subscription with a shared key sends a form of Topic, MSG and HMAC. HMAC is the lower-case hex HMAC-SHA512 of the
decoded MSG, so it covers MSG alone: nothing is believed of Topic. Without a shared key the same facts come as fields of
the form, and a workflow sends them as JSON; nothing is signed there, and `shared_secret` says where the secret is.

Either way the answers are not in it. They come from `GET /API/v3/surveys/{surveyId}/responses/{responseId}`
(https://api.qualtrics.com). Neither a nonce nor a zoned time is signed: a replay is told by the ResponseID, which is
the event's id. Subscriptions that encrypt MSG are not read: how Qualtrics encrypts is not known for certain.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from feedback_bridge.config.document import SecretName
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, Survey
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.names import AnswerNames
from feedback_bridge.sources.part import Part, parsed
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.qualtrics_response import ResponseKind, Retrieved, answers_of, embedded_of, nps_of
from feedback_bridge.sources.scores import with_nps
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.shared_secret import SharedSecret
from feedback_bridge.sources.signature import signed_by
from feedback_bridge.sources.tool import (
    AnswersRequest,
    Event,
    Request,
    Unreadable,
    UnsupportedType,
    Unverified,
    Unwanted,
)
from feedback_bridge.sources.web import ApiUrl

SurveyId = Annotated[str, StringConstraints(pattern=r"^SV_[A-Za-z0-9]{1,40}$")]


class Settings(SourceDocument):
    type: Literal["qualtrics"] = "qualtrics"
    data_center: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)?$",
        description="The part of your Qualtrics address before .qualtrics.com, such as iad1 or fra1.",
    )
    shared_secret: SharedSecret | None = Field(
        default=None,
        description="Where the secret is sent, for a subscription without a shared key and for workflows.",
    )
    api_url: ApiUrl | None = Field(
        default=None, description="Where the API is, when it is not at a data center's address."
    )
    api_token: SecretName = Field(
        description="Name of the secret that holds an API token; it may differ from `secret`."
    )
    only_surveys: list[SurveyId] | None = Field(
        default=None, description="Take responses to these surveys alone; the answers of others are not fetched."
    )
    survey_names: dict[SurveyId, str] = Field(
        default={}, description="Names for `survey.name`, which Qualtrics does not send."
    )
    answer_names: AnswerNames = Field(default_factory=dict)
    skip: list[ResponseKind] = Field(
        default=["preview", "test"],
        description="Kinds of responses that are no feedback; they end as skipped deliveries.",
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.data_center is None) == (self.api_url is None):
            raise ValueError("needs either data_center or api_url")
        return self

    @property
    def base_url(self) -> str:
        return str(self.api_url).rstrip("/") if self.api_url else f"https://{self.data_center}.qualtrics.com"


SETUP = Setup(
    made_by="us",
    steps=(
        "A brand administrator subscribes by the API, once for all surveys (or with a survey's id in place of *):",
        "POST https://DATACENTER.qualtrics.com/API/v3/eventsubscriptions with the header X-API-TOKEN and the body",
        '{{"topics": "surveyengine.completedResponse.*", "publicationUrl": "{url}", '
        '"sharedKey": "{secret}", "encrypt": false}}',
        "The answers are fetched with the token in api_token: bridge secrets set NAME",
    ),
    document={"api_token": "qualtrics-token"},
    sample="survey_activated.json",
)


class Message(Part):
    """MSG. Only these go into the address of the API, so only their own characters are let through."""

    status: str = Field(alias="Status")
    survey_id: SurveyId = Field(alias="SurveyID")
    response_id: str = Field(alias="ResponseID", pattern=r"^[A-Z]{1,4}_[A-Za-z0-9]{1,40}$")


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    if source.shared_secret is not None:
        if not source.shared_secret.is_in(request, secrets):
            raise Unverified
        return
    try:
        bodies.require(request.content_type, bodies.FORM)
        form = bodies.form_fields(request.body)
    except (Unreadable, UnsupportedType):
        raise Unverified from None
    message, presented = form.get("MSG"), form.get("HMAC")
    # A field sent twice is a list here: nobody can say which of the two was signed.
    if not (isinstance(message, str) and isinstance(presented, str)):
        raise Unverified
    if not signed_by(secrets, message.encode(), presented, algorithm="sha512"):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """The completed response, to be fetched.

    The list is empty for what is no completed response (a survey was activated, Status is not Complete) and for a
    survey that the settings leave out.
    """
    document = _document(body, content_type, source)
    if "ResponseID" not in document and "Status" not in document:
        return []
    told = parsed(Message, document)
    wanted = source.only_surveys is None or told.survey_id in source.only_surveys
    if told.status != "Complete" or not wanted:
        return []
    return [Event(id=told.response_id, document=document, awaits_answers=True)]


def _document(body: bytes, content_type: str, source: Settings) -> dict[str, JsonValue]:
    if source.shared_secret is not None and bodies.is_json(content_type):
        # A workflow runs on a response that is complete, and its author writes only what is asked for.
        return {"Status": "Complete"} | bodies.json_object(body)
    bodies.require(content_type, bodies.FORM)
    form = bodies.form_fields(body)
    if source.shared_secret is not None and "MSG" not in form:
        return form
    message = form.get("MSG")
    if not isinstance(message, str):
        raise Unreadable("The form must have exactly one field MSG.")
    return bodies.json_object(message.encode())


def answers_request(event: Event, source: Settings) -> AnswersRequest:
    told = parsed(Message, event.document)
    return AnswersRequest(
        tool="Qualtrics",
        url=f"{source.base_url}/API/v3/surveys/{told.survey_id}/responses/{told.response_id}",
        secret=source.api_token,
        header="X-API-TOKEN",
    )


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    """Raises Unwanted for a kind of response that the settings skip."""
    if answers is None:
        raise Unreadable("The answers of this response have not been fetched.")
    told = parsed(Message, event.document)
    response = parsed(Retrieved, bodies.json_object(answers)).result
    if (kind := response.kind) in source.skip:
        raise Unwanted(f"It is a {kind} response, which this source's `skip` leaves out.")
    embedded = embedded_of(response)
    feedback = Feedback(
        id=feedback_id(source.id, event.id),
        type="survey_response",
        source=source.id,
        occurred_at=response.completed_at or received_at,
        received_at=received_at,
        respondent=respondent(
            embedded | {"externalDataReference": response.text("externalDataReference")}, **response.recipient
        ),
        survey=Survey(
            id=told.survey_id,
            name=source.survey_names.get(told.survey_id),
            language=response.language,
            channel=response.text("distributionChannel"),
        ),
        answers=answers_of(response, source.answer_names),
        embedded=embedded,
    )
    return with_nps(feedback, source.nps, nps_of(response))
