"""What follows the main write (`then`): other records that point to it, and campaign membership."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from feedback_bridge.mapping.compiling import compile_write
from feedback_bridge.mapping.document import MappingDocument
from feedback_bridge.mapping.field_types.ids import read_id
from feedback_bridge.mapping.language.writes import (
    CAMPAIGN_MEMBER,
    MEMBER_STATUS,
    CampaignMember,
    Follow,
    WriteRule,
)
from feedback_bridge.mapping.operands import RECORD_KEY
from feedback_bridge.mapping.outcome import FieldProblem, Rejected, Skipped
from feedback_bridge.mapping.plan import Plan
from feedback_bridge.mapping.predicates import Holds, compile_condition
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.scope import Scope
from feedback_bridge.mapping.writing import CompiledWrite

_LEAD, _CONTACT = "00Q", "003"
_PREFIXES = {"Lead": _LEAD, "Contact": _CONTACT}
_REHEARSED = "000000000000"


@dataclass(frozen=True, slots=True)
class Follower:
    """`writes` by the first three characters of the record's id, which tell its object; the empty key takes any."""

    effect: str
    writes: Mapping[str, CompiledWrite]
    when: Holds | None

    def rehearse(self, feedback: Mapping[str, Any], now: datetime) -> Plan | Skipped | Rejected:
        """As `plan`, for a record that is not there yet: what is wrong with it is known before anything is written."""
        return self.plan(feedback, now, read_id(next(iter(self.writes)).ljust(3, "0") + _REHEARSED))

    def plan(self, feedback: Mapping[str, Any], now: datetime, record_id: str) -> Plan | Skipped | Rejected:
        if self.when is not None and not self.when(feedback, now):
            return Skipped(f"{self.effect}: its condition does not hold")
        write = self.writes.get(record_id[:3]) or self.writes.get("")
        if write is None:
            return Rejected((FieldProblem(self.effect, "only a lead or a contact can be a member of a campaign"),))
        outcome = write.plan({**feedback, RECORD_KEY: record_id}, now)
        if isinstance(outcome, Rejected):
            return Rejected(
                tuple(FieldProblem(f"{write.object}.{problem.field}", problem.message) for problem in outcome.problems)
            )
        return outcome


def compile_followers(scope: Scope, document: MappingDocument) -> list[Follower]:
    return [
        item for index, rule in enumerate(document.then) if (item := _compile(scope, f"then[{index}]", rule, document))
    ]


def _compile(scope: Scope, path: str, rule: Follow, document: MappingDocument) -> Follower | None:
    if document.write.operation == "delete":
        scope.report(path, "nothing can follow a delete: its record is gone")
        return None
    when = compile_condition(rule.when, scope.zone) if rule.when else None
    if rule.campaign_member is not None:
        writes = _memberships(scope, f"{path}.campaign_member", rule.campaign_member, document.write.object, path)
    else:
        write = compile_write(scope, f"{path}.write", _on_record(rule.write), path) if rule.write else None
        writes = {"": write} if write else {}
    return Follower(path, writes, when) if writes else None


def _on_record(rule: WriteRule) -> WriteRule:
    """A Chatter post that names no record is posted on the record just written."""
    if rule.operation != "chatter_post" or rule.key or rule.match:
        return rule
    key = {"field": "Id", "value": {"record": "Id"}}
    return WriteRule.model_validate({**rule.model_dump(by_alias=True, exclude_unset=True), "key": key})


def _memberships(scope: Scope, path: str, member: CampaignMember, parent: str, effect: str) -> dict[str, CompiledWrite]:
    """One membership for a lead and one for its contact: a converted lead is a contact by now."""
    if parent not in _PREFIXES:
        scope.report(path, "follows a write to Lead or Contact; only these can be members of a campaign")
        return {}
    schema = scope.object(CAMPAIGN_MEMBER, path)
    if schema is None:
        return {}
    freely = replace(scope, schemas={**scope.schemas, CAMPAIGN_MEMBER: _any_status(schema)})
    writes: dict[str, CompiledWrite] = {}
    for name in (parent, "Contact"):
        write = compile_write(freely, path, _membership(member, f"{name}Id"), effect)
        if write:
            writes[_PREFIXES[name]] = write
    return writes


def _any_status(schema: ObjectSchema) -> ObjectSchema:
    """The describe's values of Status are not those of the campaign, so they say nothing about it."""
    status = schema.field("Status")
    fields = {**schema.fields, status.name: replace(status, type="string", values=frozenset())} if status else {}
    return replace(schema, fields=fields or schema.fields)


def _membership(member: CampaignMember, pointer: str) -> WriteRule:
    """Adding a member twice is an error in Salesforce, so that the member is looked for first.

    So is the status: one that the campaign does not have would silently become the campaign's default.
    """
    campaign = member.campaign.model_dump(by_alias=True, exclude_unset=True)
    fields: dict[str, Any] = {
        "CampaignId": {**campaign, "only_on": "insert", "if_absent": "fail"},
        pointer: {"record": "Id", "only_on": "insert"},
    }
    if member.status is not None:
        status = member.status.model_dump(by_alias=True, exclude_unset=True)
        by = {"CampaignId": campaign, "Label": status}
        fields["Status"] = {"lookup": {"object": MEMBER_STATUS, "by": by, "select": "Label", "on_none": "fail"}}
    match = {"fields": {"CampaignId": campaign, pointer: {"record": "Id"}}, "on_none": "insert", "on_many": "newest"}
    return WriteRule.model_validate(
        {"object": CAMPAIGN_MEMBER, "operation": "upsert", "match": match, "fields": fields}
    )
