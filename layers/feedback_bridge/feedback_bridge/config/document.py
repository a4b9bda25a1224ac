"""What every config document has in common."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

LONGEST_ID = 63
ID_PATTERN = rf"^[a-z0-9][a-z0-9-]{{0,{LONGEST_ID - 1}}}$"
SECRET_PATTERN = r"^[A-Za-z0-9_+=.@-]{1,128}$"  # noqa: S105 - what a name looks like, and no secret

OUTBOUND_SOURCE = "salesforce-"
"""Begins the name under which an org is a source (`config/org.py`); no other source may have such a name."""

DocumentId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""Lower-case letters, digits and hyphens: it is part of URLs, feedback ids and resource names."""

SecretName = Annotated[str, StringConstraints(pattern=SECRET_PATTERN)]
"""The name of a secret below the stack's own prefix in Secrets Manager."""

Path = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
"""A JMESPath expression (https://jmespath.org/specification.html)."""


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is not a time zone of the IANA database, such as Asia/Tokyo")
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


class Settings(BaseModel):
    """A part of a document: frozen, and a key that it does not know is a problem, not a surprise."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Document(Settings):
    id: DocumentId = Field(description="Unique among the documents of its kind.")
