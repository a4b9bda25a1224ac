"""Drift: an org changes under mappings and automations that nobody touched. What broke, where, and since when.

Each one in force is compiled against its org's describes as they are this moment. One that no longer fits is noted as
paused and told once; one that fits again is told too. What could not be written meanwhile waits in the queue, which
notices by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.pauses import Pause, Pauses
from feedback_bridge.config.problem import InvalidDocument, Problem
from feedback_bridge.errors import BridgeError, TransientError
from feedback_bridge.feedback.facts import Fact, MappingPaused, MappingResumed
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.reading import configs

if TYPE_CHECKING:
    from feedback_bridge.mapping.schema import ObjectSchema
    from feedback_bridge.runtime.in_force import InForce
    from feedback_bridge.runtime.notices import NoticingOrg

_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One mapping in force, by the name of its deliveries; `problems` are by the path in its document, none where it
    fits. `since` is its pause's.
    """

    org: str
    mapping: str
    version: int
    problems: tuple[Problem, ...] = ()
    since: datetime | None = None


def check_every_org(now: datetime) -> dict[str, Any]:
    """An org that does not answer does not keep the others from being checked; then TransientError is raised."""
    counts = {"checked": 0, "paused": 0}
    silent = []
    for published in configs().all_published("org"):
        try:
            findings = check_org(published.id, now)
        except BridgeError as error:
            logger.warning("an org could not be checked", extra={"org": published.id, "reason": str(error)})
            silent.append(published.id)
            continue
        counts["checked"] += len(findings)
        counts["paused"] += sum(bool(finding.problems) for finding in findings)
    logger.info("drift", extra=counts)
    if silent:
        raise TransientError(f"Not checked: {', '.join(silent)}.")
    return counts


def check_org(org_id: str, now: datetime) -> list[Finding]:
    """All that is enabled, in force and writes to the org. Notes and tells what has broken or been mended.

    Raises TransientError, PermanentError while the org cannot be asked.
    """
    findings = list(_looked_at(org_id))
    pauses = Pauses(settings.org_state_table())
    known = {pause.mapping: pause for pause in pauses.of_org(org_id)}
    for finding in findings:
        if finding.problems and finding.mapping not in known:
            known[finding.mapping] = _pause(pauses, finding, now)
    for mapping in known.keys() - {finding.mapping for finding in findings}:
        pauses.end(org_id, mapping)  # disabled, deleted or sent elsewhere: nothing waits for it any more
    for finding in findings:
        if not finding.problems and finding.mapping in known:
            resume(org_id, finding.mapping, now)
    return [_dated(finding, known) for finding in findings]


def resume(org_id: str, mapping: str, now: datetime) -> None:
    """The mapping fits its org, and was perhaps paused until now. Raises TransientError."""
    if Pauses(settings.org_state_table()).end(org_id, mapping):
        logger.info("a mapping has resumed", extra={"mapping": mapping, "org": org_id})
        _tell(MappingResumed(mapping=mapping, org=org_id, at=now))


def _pause(pauses: Pauses, finding: Finding, now: datetime) -> Pause:
    reason = "; ".join(f"{problem.path}: {problem.message}" for problem in finding.problems[:_MOST_TOLD])
    pause = Pause(finding.org, finding.mapping, reason, now)
    if pauses.begin(pause):
        logger.error("a mapping is paused", extra={"mapping": pause.mapping, "org": pause.org, "reason": reason})
        try:
            _tell(MappingPaused(mapping=pause.mapping, org=pause.org, reason=reason, at=now))
        except TransientError:
            # Nobody has heard of it: the next look shall find it anew.
            pauses.end(pause.org, pause.mapping)
            raise
    return pause


def _tell(fact: Fact) -> None:
    announce(settings.event_bus(), [fact])


def _dated(finding: Finding, known: dict[str, Pause]) -> Finding:
    since = known[finding.mapping].since if finding.problems else None
    return Finding(finding.org, finding.mapping, finding.version, finding.problems, since)


def _looked_at(org_id: str) -> Iterator[Finding]:
    from feedback_bridge.runtime.automations_in_force import automations_in_force
    from feedback_bridge.runtime.in_force import mappings_in_force
    from feedback_bridge.runtime.notices import NoticingOrg

    with reached(org_id) as salesforce:
        org = NoticingOrg(salesforce)
        shown = cache(lambda sobject: org.schema(sobject, fresh=True))
        runs = (run for _, some in automations_in_force(configs()) for run in some)
        for item in (*mappings_in_force(configs()), *runs):
            if item.published.enabled and item.document.write.org == org_id:
                yield Finding(org_id, item.name, item.published.version, _misfits(item, shown, org))


def _misfits(item: "InForce", shown: Callable[[str], "ObjectSchema | None"], org: "NoticingOrg") -> tuple[Problem, ...]:
    """Raises TransientError, Refused."""
    try:
        schemas = {name: schema for name in sorted(item.objects()) if (schema := shown(name)) is not None}
        item.compiled(schemas, org.traits())
    except InvalidDocument as error:
        return tuple(dict.fromkeys(error.problems))
    return ()
