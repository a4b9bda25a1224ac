"""`kind: org`: a Salesforce org we may write to."""

from typing import Annotated, Literal

from pydantic import Field, HttpUrl, UrlConstraints

from feedback_bridge.config.document import Document, SecretName, Settings

HttpsUrl = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["https"])]


class DailyCalls(Settings):
    reserve_for_others: float = Field(default=0.5, ge=0, lt=1, description="Share of the day's API calls that is not ours.")


class OrgDocument(Document):
    kind: Literal["org"] = "org"
    login_url: HttpsUrl = Field(description="The org's My Domain, where tokens are asked for.")
    auth: Literal["jwt_bearer", "client_credentials"] = "jwt_bearer"
    secret: SecretName = Field(
        description="Secret holding JSON: client_id, username and private_key (jwt_bearer), or client_id and client_secret."
    )
    api_version: str = Field(default="62.0", pattern=r"^[4-9]\d\.0$")
    daily_calls: DailyCalls = DailyCalls()
    allow_delete: bool = False
