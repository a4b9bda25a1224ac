"""For tools that sign nothing: the secret itself, sent with each request. Whoever sees one can send others."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from feedback_bridge.config.document import Settings
from feedback_bridge.sources.signature import equals_any
from feedback_bridge.sources.tool import Request

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$"), AfterValidator(str.lower)]
"""A header's name (RFC 9110, section 5.1); upper and lower case are the same."""


class SharedSecret(Settings):
    """In a header where the tool can set one; else in the address, which ends up in more logs."""

    header: HeaderName | None = None
    query: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,50}$", description="A parameter of the address.")
    prefix: str = Field(default="", description='What stands before the secret, such as "Bearer ".')

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.header is None) == (self.query is None):
            raise ValueError("needs either header or query")
        return self

    def is_in(self, request: Request, secrets: Sequence[str]) -> bool:
        """Compared in constant time with every secret that is valid now. An empty secret never is."""
        told = request.query.get(self.query, "") if self.query else request.headers.get(self.header or "", "")
        return equals_any((self.prefix + secret for secret in secrets if secret), told)
