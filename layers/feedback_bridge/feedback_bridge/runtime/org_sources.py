"""Orgs as sources: what an org's document says of the outbound messages that it sends."""

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from feedback_bridge.aws.configs import Configs, Published
from feedback_bridge.config.org import OrgDocument
from feedback_bridge.errors import PermanentError

if TYPE_CHECKING:
    from feedback_bridge.sources.salesforce import Settings


def sending_org(configs: Configs, org_id: str, *, enabled: bool = False) -> "Settings | None":
    """The org as a source; None where it is not published, sends us nothing, or is disabled and `enabled` is wanted.

    Raises PermanentError when its document can no longer be read.
    """
    published = configs.published("org", org_id)
    if published is None or (enabled and not published.enabled):
        return None
    document = _document(published)
    if document.outbound_messages is None:
        return None
    # Imported here: reading XML takes what no other source needs.
    from feedback_bridge.sources.salesforce import settings_of

    return settings_of(document, document.outbound_messages)


def _document(published: Published) -> OrgDocument:
    data: dict[str, Any] = published.document
    try:
        return OrgDocument.model_validate(data)
    except ValidationError as error:
        raise PermanentError(f"The published document of org {published.id} can no longer be read.") from error
