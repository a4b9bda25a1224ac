"""A document on its way into force: saved as a draft, then published. What is so already is left as it is."""

from dataclasses import dataclass, field
from typing import Any

from cli.api import Api, Refused
from feedback_bridge.config.kinds import Kind


@dataclass
class Bringing:
    """One document, and how far it has come. `draft`: created, changed or unchanged; `published`: the same, or ""."""

    kind: Kind
    id: str
    data: dict[str, Any]
    draft: str = ""
    published: str = ""
    version: int | None = None
    problems: list[dict[str, str]] = field(default_factory=list)

    def save(self, api: Api) -> None:
        """Raises Refused for what is no fault of the document."""
        held = api.find(self.kind.plural, self.id)
        if held and held["draft"] and held["draft"]["document"] == self.data:
            self.draft, self.problems = "unchanged", held["draft"]["problems"]
            return
        self.draft = "changed" if held else "created"
        try:
            self.problems = api.put(self.kind.plural, self.id, body=self.data)["problems"]
        except Refused as refused:
            if refused.status not in (413, 422):
                raise
            self.problems = refused.errors or [{"path": "", "message": refused.sentence}]

    def publish(self, api: Api) -> None:
        """Raises Refused for what is no fault of the document."""
        try:
            told = api.post(self.kind.plural, self.id, "publish")
        except Refused as refused:
            if refused.status != 422:
                raise
            self.problems = refused.errors
        else:
            self.version = told["version"]
            self.published = "changed" if told["changed"] else "unchanged"

    @property
    def in_force(self) -> str:
        """For people."""
        return {"changed": "now", "unchanged": "already"}.get(self.published, "")
