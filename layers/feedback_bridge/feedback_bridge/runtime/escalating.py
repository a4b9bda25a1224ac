"""Whether somebody has acted: the record that an automation wrote, read back from Salesforce."""

from feedback_bridge.automation.runs import Run
from feedback_bridge.delivery.outcome import Refused
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.runtime.notices import NoticingOrg

_OWNER = "OwnerId"


def still_open(run: Run, org: NoticingOrg) -> tuple[Run, str | None]:
    """The run, knowing whose the record is, and None; or the reason why nobody has to be told.

    Raises TransientError where Salesforce does not answer, PermanentError where it does not let us read the record.
    """
    if run.record is None or run.automation.escalate is None:
        return run, "There is nothing to escalate any more."
    sobject, record_id = run.record
    closed = run.automation.escalate.closed_field
    try:
        schema = org.schema(sobject)
        select = tuple(name for name in (closed, _OWNER) if schema and schema.field(name))
        rows = org.find([RecordQuery(sobject, (("Id", record_id),), select=select)])[0]
    except Refused as error:
        if error.refusal.advice and error.status >= 500:
            raise TransientError(error.refusal.reason) from error
        raise PermanentError(error.refusal.reason) from error
    if not rows:
        return run, f"The {sobject} is gone: somebody has acted."
    if rows[0].get(closed):
        return run, f"The {sobject} is closed: somebody has acted."
    return run.of_owner(rows[0].get(_OWNER)), None
