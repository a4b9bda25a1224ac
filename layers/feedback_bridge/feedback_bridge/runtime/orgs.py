"""The Salesforce orgs of this process, each made once from its published document."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from feedback_bridge.aws.org_state import OrgState
from feedback_bridge.aws.secrets import secret
from feedback_bridge.config.org import OrgDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.reading import configs

if TYPE_CHECKING:
    from feedback_bridge.salesforce.org import Org

_made: dict[str, tuple[int, "Org"]] = {}


def org(org_id: str, *, revision: int | None = None) -> "Org":
    """The org of that id. Made anew when the configuration's revision says that its document may have changed.

    Raises PermanentError when no such org is published, TransientError when the configuration cannot be read.
    """
    revision = configs().revision() if revision is None else revision
    held = _made.get(org_id)
    if held and held[0] == revision:
        return held[1]
    published = configs().published("org", org_id)
    if published is None:
        raise PermanentError(f"The org {org_id} is not published.")
    try:
        document = OrgDocument.model_validate(published.document)
    except ValidationError as error:
        raise PermanentError(f"The published document of org {org_id} can no longer be read.") from error
    made = held[1] if held and held[1].document == document else _made_from(document)
    _made[org_id] = (revision, made)
    return made


def _made_from(document: OrgDocument) -> "Org":
    from feedback_bridge.salesforce.org import Org
    from feedback_bridge.salesforce.quota import PROBED_AFTER

    stack = settings.stack_name()
    return Org(
        document=document,
        credentials=lambda: secret(stack, document.secret, fresh=True),
        shared=OrgState(settings.org_state_table(), document.id),
        clock=lambda: datetime.now(UTC),
        probed_after=min(PROBED_AFTER, timedelta(seconds=settings.longest_wait())),
    )
