"""Whether an automation fits its org: what it writes, the words of what it tells, and the record that it watches."""

from collections.abc import Iterator

from feedback_bridge.automation.document import AutomationDocument
from feedback_bridge.automation.steps import at_once, in_automation, when_nobody_acted
from feedback_bridge.config.problem import Problem
from feedback_bridge.mapping.checks import check
from feedback_bridge.mapping.finish import FEED_ITEM
from feedback_bridge.runtime.admin.call import Unusable, Wrong
from feedback_bridge.runtime.admin.fitting import schemas_of
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.notices import NoticingOrg


def misfits_of_automation(automation: AutomationDocument, *, fresh: bool) -> list[Problem]:
    """Each by its place in the automation. Raises TransientError when the org does not answer."""
    try:
        with reached(automation.org) as org:
            return list(_misfits(automation, NoticingOrg(org), fresh))
    except (Wrong, Unusable) as error:
        return [Problem(path="org", message=str(error))]


def _misfits(automation: AutomationDocument, org: NoticingOrg, fresh: bool) -> Iterator[Problem]:
    now = at_once(automation)
    for problem in check(now, schemas_of(org, now, fresh=fresh), org.traits()):
        yield in_automation(problem, automation)
    later = when_nobody_acted(automation)
    if later is None or automation.escalate is None or automation.write is None:
        return
    for problem in check(later, schemas_of(org, later, fresh=fresh), org.traits()):
        yield in_automation(problem, automation.escalate, "escalate.")
    watched = FEED_ITEM if automation.write.operation == "chatter_post" else automation.write.object
    schema, closed = org.schema(watched), automation.escalate.closed_field
    if schema is not None and schema.field(closed) is None:
        message = f"{schema.label} has no field {closed} that tells whether somebody has acted"
        yield Problem(path="escalate.closed_field", message=message)
