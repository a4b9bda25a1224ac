"""`kind: org`: a Salesforce org we may write to."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, HttpUrl, StringConstraints, UrlConstraints, model_validator

from feedback_bridge.config.document import LONGEST_ID, OUTBOUND_SOURCE, Document, SecretName, Settings, TimeZone
from feedback_bridge.config.overrides import DocumentName, Override
from feedback_bridge.feedback.record_id import long_id

HttpsUrl = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["https"])]


class DailyCalls(Settings):
    reserve_for_others: float = Field(
        default=0.5, ge=0, lt=1, description="Share of the day's API calls that is not ours."
    )


def _organization_id(text: str) -> str:
    """Its 18-character form."""
    full = long_id(text)
    if full is None or not text.startswith("00D"):
        raise ValueError("is not the id of an org: 15 or 18 characters that begin with 00D")
    return full


class OutboundMessages(Settings):
    """What the org sends to `POST /salesforce/{id}/outbound-messages?key=…` (Flow action "Outbound Message")."""

    organization_id: Annotated[str, AfterValidator(_organization_id)] = Field(
        description="Setup > Company Information > Salesforce.com Organization ID; messages of another org are refused."
    )
    secret: SecretName = Field(description="Secret that the address carries as `key`; two lines are both valid.")


FieldName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$")]


class IdeaSettings(Settings):
    """What the accounts behind an idea are worth (`GET /admin/ideas`)."""

    arr: FieldName = Field(description="Account field with the yearly revenue, in one currency for all accounts.")
    account_key: FieldName | None = Field(default=None, description="Only here; default: the org's own account_key.")


class OrgDocument(Document):
    kind: Literal["org"] = "org"
    login_url: HttpsUrl = Field(description="The org's My Domain, where tokens are asked for.")
    auth: Literal["jwt_bearer", "client_credentials"] = "jwt_bearer"
    secret: SecretName = Field(
        description="Secret with JSON: client_id, username, private_key (jwt_bearer), or client_id, client_secret."
    )
    api_version: str = Field(default="62.0", pattern=r"^[4-9]\d\.0$")
    daily_calls: DailyCalls = DailyCalls()
    timezone: TimeZone | None = Field(
        default=None, description="IANA name; default: the org's own, read from Organization."
    )
    allow_delete: bool = Field(default=False, description="Whether mappings may delete records of this org at all.")
    deletes_per_hour: int = Field(
        default=100, ge=1, le=100_000, description="How many, in each hour of the clock; more wait for the next one."
    )
    outbound_messages: OutboundMessages | None = None
    account_key: FieldName | None = Field(
        default=None,
        description="Account field with the ids that tools use, where these are not Salesforce's: what stands under "
        "such an id counts for the Account from the next night on.",
    )
    ideas: IdeaSettings | None = None
    overrides: dict[DocumentName, Override] = Field(
        default={}, description="What documents promoted to this org say differently, by KIND/ID of the original."
    )

    @property
    def idea_settings(self) -> IdeaSettings | None:
        """With the org's `account_key` where they name none of their own."""
        if self.ideas is None or self.ideas.account_key:
            return self.ideas
        return self.ideas.model_copy(update={"account_key": self.account_key})

    @model_validator(mode="after")
    def _room_for_the_source(self) -> Self:
        if self.outbound_messages and len(self.id) + len(OUTBOUND_SOURCE) > LONGEST_ID:
            raise ValueError(f"outbound_messages needs an id of at most {LONGEST_ID - len(OUTBOUND_SOURCE)} characters")
        return self


def outbound_source(org_id: str) -> str:
    """The source that what this org sends is of."""
    return OUTBOUND_SOURCE + org_id


def org_of_source(source_id: str) -> str | None:
    """The org whose outbound messages are this source; None for any other source."""
    return source_id.removeprefix(OUTBOUND_SOURCE) if source_id.startswith(OUTBOUND_SOURCE) else None
