"""What compiling a mapping knows: the org's objects, its traits, and the problems found so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property
from zoneinfo import ZoneInfo

from feedback_bridge.config.problem import Problem
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.suggestions import did_you_mean


@dataclass(frozen=True, slots=True)
class OrgTraits:
    """What a mapping needs to know of its org. `timezone` is an IANA name (`Asia/Tokyo`)."""

    timezone: str = "UTC"
    allow_delete: bool = False
    language: str = "en_US"


@dataclass
class Scope:
    """`parent` is the object of the main write while a `then` write is compiled."""

    schemas: Mapping[str, ObjectSchema]
    org: OrgTraits
    parent: ObjectSchema | None = None
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def zone(self) -> tzinfo:
        try:
            return ZoneInfo(self.org.timezone)
        except (KeyError, ValueError, OSError):
            self.report("write.org", f"the org's time zone {self.org.timezone} is unknown here")
            return UTC

    @cached_property
    def _by_lower_name(self) -> dict[str, ObjectSchema]:
        return {name.lower(): schema for name, schema in self.schemas.items()}

    def report(self, path: str, message: str) -> None:
        self.problems.append(Problem(path=path, message=message))

    def object(self, name: str, path: str) -> ObjectSchema | None:
        """The object, or None with a problem reported."""
        schema = self.schemas.get(name) or self._by_lower_name.get(name.lower())
        if schema is None:
            near = did_you_mean(name, self.schemas)
            self.report(path, f"the org has no object {name}, or our user has no access to it{near}")
        return schema

    def field(self, schema: ObjectSchema, name: str, path: str) -> FieldSchema | None:
        """The object's field, or None with a problem reported."""
        found = schema.field(name)
        if found is None:
            near = did_you_mean(name, schema.fields)
            self.report(path, f"{schema.label} has no field {name}, or our user may not see it{near}")
        return found

    def known(self, name: str) -> ObjectSchema | None:
        """The object when its describe is at hand; nothing is reported."""
        return self.schemas.get(name) or self._by_lower_name.get(name.lower())
