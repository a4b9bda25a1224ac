"""A mapping made ready once, to be applied to many feedbacks."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.mapping.compiling import compile_write
from feedback_bridge.mapping.converted import CONTACT, LEAD
from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.mapping.finish import FEED_ITEM
from feedback_bridge.mapping.followers import Follower, compile_followers
from feedback_bridge.mapping.language.writes import CAMPAIGN_MEMBER, MEMBER_STATUS, WriteRule
from feedback_bridge.mapping.outcome import Rejected, Skipped
from feedback_bridge.mapping.plan import Plan
from feedback_bridge.mapping.predicates import compile_condition, compile_explanation
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits, Scope
from feedback_bridge.mapping.writing import CompiledWrite


def objects_of(document: MappingDocument) -> set[str]:
    """Every object whose describe compiling this mapping needs."""
    names: set[str] = set()
    for rule in (document.write, *(item.write for item in document.then if item.write)):
        names |= _objects_of(rule)
    members = [item.campaign_member for item in document.then if item.campaign_member]
    if members:
        names.add(CAMPAIGN_MEMBER)
    if any(member.status for member in members):
        names.add(MEMBER_STATUS)
    return names


def _objects_of(rule: WriteRule) -> set[str]:
    looked_up = {value.lookup.object for value in rule.fields.values() if value.lookup}
    follows = rule.object == LEAD and rule.operation in ("update", "upsert") and rule.converted == "follow"
    posted = rule.operation == "chatter_post"
    return {rule.object, *looked_up, *((FEED_ITEM,) if posted else ()), *((CONTACT,) if follows else ())}


def compile_mapping(
    document: MappingDocument, schemas: Mapping[str, ObjectSchema], org: OrgTraits, *, version: int = 0
) -> "CompiledMapping":
    """Raises InvalidDocument when the mapping and the org do not fit: the same problems that publishing tells."""
    scope = Scope(schemas, org)
    compiled = compile_within(document, scope, version)
    if compiled is None or scope.problems:
        raise InvalidDocument(scope.problems)
    return compiled


def compile_within(document: MappingDocument, scope: Scope, version: int = 0) -> "CompiledMapping | None":
    """The mapping, or None; problems are left in the scope."""
    write = compile_write(scope, "write", document.write)
    scope.parent = scope.known(document.write.object)
    followers = compile_followers(scope, document)
    return CompiledMapping(document, version, write, followers, scope) if write else None


def _always(feedback: Mapping[str, Any], now: datetime) -> bool:
    return True


def _nothing_to_say(feedback: Mapping[str, Any], now: datetime) -> str:
    return ""


class CompiledMapping:
    """Pure and safe to share: planning keeps nothing."""

    def __init__(
        self, document: MappingDocument, version: int, write: CompiledWrite, followers: Sequence[Follower], scope: Scope
    ) -> None:
        self.id = document.id
        self.version = version
        self.document = document
        self._when = _always if document.when is None else compile_condition(document.when, scope.zone)
        self._why_not = _nothing_to_say if document.when is None else compile_explanation(document.when, scope.zone)
        self._write = write
        self._followers = tuple(followers)

    def plan(self, feedback: Mapping[str, JsonValue], now: datetime) -> Plan | Skipped | Rejected:
        """The main write for this feedback document (`Feedback.to_document()`), or why there is none.

        `now` has a zone.
        """
        if not self._when(feedback, now):
            return Skipped(self._why_not(feedback, now))
        plan = self._write.plan(feedback, now)
        if type(plan) is not Plan:
            return plan
        nps = feedback.get("nps")
        if type(nps) is dict and "problem" in nps:
            plan.warnings.append(f"NPS: {nps['problem']}")
        return self._followed(plan, feedback, now) if self._followers else plan

    def _followed(self, plan: Plan, feedback: Mapping[str, Any], now: datetime) -> Plan | Rejected:
        """The plan with what follows; a follower that could not be written refuses the whole before anything is."""
        for follower in self._followers:
            rehearsal = follower.rehearse(feedback, now)
            if isinstance(rehearsal, Rejected):
                return rehearsal

        def follow(record_ids: Sequence[str]) -> tuple[Plan | Skipped | Rejected, ...]:
            return tuple(item.plan(feedback, now, record_id) for record_id in record_ids for item in self._followers)

        plan.follow = follow
        return plan
