"""`kind: org`: a Salesforce org we may write to."""

from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, HttpUrl, UrlConstraints, field_validator

from feedback_bridge.config.document import Document, SecretName, Settings

HttpsUrl = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["https"])]


class DailyCalls(Settings):
    reserve_for_others: float = Field(
        default=0.5, ge=0, lt=1, description="Share of the day's API calls that is not ours."
    )


class OrgDocument(Document):
    kind: Literal["org"] = "org"
    login_url: HttpsUrl = Field(description="The org's My Domain, where tokens are asked for.")
    auth: Literal["jwt_bearer", "client_credentials"] = "jwt_bearer"
    secret: SecretName = Field(
        description="Secret with JSON: client_id, username, private_key (jwt_bearer), or client_id, client_secret."
    )
    api_version: str = Field(default="62.0", pattern=r"^[4-9]\d\.0$")
    daily_calls: DailyCalls = DailyCalls()
    timezone: str | None = Field(default=None, description="IANA name; default: the org's own, read from Organization.")
    allow_delete: bool = False

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None and name not in available_timezones():
            raise ValueError("is not a time zone of the IANA database, such as Asia/Tokyo")
        return name
