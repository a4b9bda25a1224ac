"""The published automations of this process, and what they work with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from feedback_bridge.automation.document import AutomationDocument
from feedback_bridge.automation.names import run_name
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.cooling import Cooling
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.aws.newest import NewestAnswers
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.automations_in_force import automations_in_force
from feedback_bridge.runtime.in_force import InForce
from feedback_bridge.runtime.mappings import PublishedMappings
from feedback_bridge.runtime.notices import NoticingOrg
from feedback_bridge.runtime.orgs import org as salesforce_org
from feedback_bridge.runtime.reading import configs


@dataclass
class Parts:
    """`documents` are the automations in force, by id; `published` has each as a mapping, and its escalation as one."""

    deliveries: Deliveries
    newest: NewestAnswers
    cooling: Cooling
    documents: dict[str, AutomationDocument] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    published: PublishedMappings = field(init=False)

    def __post_init__(self) -> None:
        self.published = PublishedMappings(configs(), org, read=self._read)

    def _read(self, store: Configs) -> Iterator[InForce]:
        self.documents.clear()
        for automation, runs in automations_in_force(store):
            self.documents[automation.id] = automation
            self.since[automation.id] = runs[0].published.first_published_at
            yield from runs

    def listening(self, detail: Mapping[str, Any]) -> list[AutomationDocument]:
        """Those that hear the signal; a replay is for the one that it names."""
        named = detail.get("mapping")
        return [
            automation
            for automation in self.documents.values()
            if automation.hears(detail["source"], detail["signal"]) and named in (None, run_name(automation.id))
        ]

    def may_hear(self, automation: AutomationDocument, feedback: Mapping[str, Any], detail: Mapping[str, Any]) -> bool:
        """What arrived before it was first published reaches it only by a replay."""
        received = datetime.fromisoformat(str(feedback["received_at"]))
        return bool(detail.get("replay")) or received >= self.since[automation.id]


def org(org_id: str, revision: int) -> NoticingOrg:
    return NoticingOrg(salesforce_org(org_id, revision=revision))


@cache
def parts() -> Parts:
    days = settings.retention_days()
    return Parts(
        Deliveries(settings.delivery_table(), days, settings.request_lasts()),
        NewestAnswers(settings.org_state_table(), days),
        Cooling(settings.history_table()),
    )
