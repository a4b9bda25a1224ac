"""Whether a mapping fits its org as the org describes itself now."""

from typing import cast

from feedback_bridge.automation.document import AutomationDocument
from feedback_bridge.config.document import Document
from feedback_bridge.config.problem import Problem
from feedback_bridge.health.checks import check as check_health
from feedback_bridge.health.document import HealthDocument
from feedback_bridge.mapping.checks import Known, check
from feedback_bridge.mapping.compiled import CompiledMapping, compile_mapping, objects_of
from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.runtime.admin.call import Unusable, Wrong
from feedback_bridge.runtime.admin.options import values_seen
from feedback_bridge.runtime.admin.pointing import dangling
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.mappings import DescribedOrg
from feedback_bridge.sync.checks import check as check_sync
from feedback_bridge.sync.document import SyncDocument


def misfits(document: Document, *, fresh: bool) -> list[Problem]:
    """What the org has against the document; `fresh` asks it for its describes instead of remembering them.

    Raises TransientError when it does not answer.
    """
    if isinstance(document, SyncDocument):
        return _misfits_of_sync(document, fresh=fresh)
    if isinstance(document, AutomationDocument):
        from feedback_bridge.runtime.admin.automation_fitting import misfits_of_automation

        return misfits_of_automation(document, fresh=fresh)
    if isinstance(document, HealthDocument):
        return _misfits_of_health(document, fresh=fresh)
    mapping = cast(MappingDocument, document)
    try:
        with reached(mapping.write.org) as org:
            schemas = schemas_of(org, mapping, fresh=fresh)
            found = check(mapping, schemas, org.traits(), Known(values=values_seen(mapping, schemas)))
            return [*found, *dangling(mapping, schemas, org)]
    except (Wrong, Unusable) as error:
        return [Problem(path="write.org", message=str(error))]


def _misfits_of_sync(sync: SyncDocument, *, fresh: bool) -> list[Problem]:
    try:
        with reached(sync.salesforce.org) as org:
            return check_sync(sync, org.schema(sync.salesforce.object, fresh=fresh))
    except (Wrong, Unusable) as error:
        return [Problem(path="salesforce.org", message=str(error))]


def _misfits_of_health(health: HealthDocument, *, fresh: bool) -> list[Problem]:
    try:
        with reached(health.org) as org:
            return check_health(health, org.schema("Account", fresh=fresh), org.schema("Opportunity", fresh=fresh))
    except (Wrong, Unusable) as error:
        return [Problem(path="org", message=str(error))]


def compiled_for(org: DescribedOrg, mapping: MappingDocument) -> CompiledMapping:
    """Raises InvalidDocument, TransientError, Refused."""
    return compile_mapping(mapping, schemas_of(org, mapping), org.traits())


def schemas_of(org: DescribedOrg, mapping: MappingDocument, *, fresh: bool = False) -> dict[str, ObjectSchema]:
    """The objects of the mapping that the org shows us."""
    described = {name: org.schema(name, fresh=fresh) for name in sorted(objects_of(mapping))}
    return {name: schema for name, schema in described.items() if schema is not None}
