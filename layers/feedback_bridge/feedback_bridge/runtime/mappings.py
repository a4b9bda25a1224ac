"""The published mappings of this process, compiled against their orgs, and made anew when either changes."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from feedback_bridge.aws.configs import Configs
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.delivery.listening import Listening
from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused, no_answer
from feedback_bridge.errors import BridgeError, PermanentError
from feedback_bridge.mapping.compiled import CompiledMapping
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.runtime.in_force import InForce, mappings_in_force

ASKED_EVERY = 30
"""Seconds between two looks at the org for a mapping that does not fit it."""


class DescribedOrg(Protocol):
    """An org, as far as compiling for it needs it: see `salesforce/org.py`."""

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None: ...

    def traits(self) -> OrgTraits: ...


@dataclass
class _Held:
    """A mapping as published, and what was last compiled of it with those schemas.

    `doubted`: it has not fitted its org lately, so the org itself is asked, at most once in `ASKED_EVERY` seconds.
    """

    item: InForce
    schemas: dict[str, ObjectSchema] = field(default_factory=dict)
    compiled: CompiledMapping | None = None
    doubted: bool = False
    asked_at: float = 0


@dataclass
class PublishedMappings:
    """`org` gives the org of an id, as of a revision; `read` gives the mappings, by the names of their deliveries.

    One small read a batch tells whether anything has changed.

    What a batch asks for is made ready at most once for it: a thousand answers look at the org's describes once.
    """

    configs: Configs
    org: Callable[[str, int], DescribedOrg]
    read: Callable[[Configs], Iterable[InForce]] = mappings_in_force
    _revision: int = -1
    _held: dict[str, _Held] = field(default_factory=dict)
    _made_ready: dict[str, Listening] = field(default_factory=dict)

    def refresh(self) -> int:
        """Before each batch: read the mappings again if the configuration has changed; its revision.

        Raises TransientError.
        """
        self._made_ready.clear()
        revision = self.configs.revision()
        if revision != self._revision:
            self._held = {item.name: _Held(item) for item in self.read(self.configs)}
            self._revision = revision
        return revision

    def listening(self, source: str, feedback_type: str) -> Sequence[Listening]:
        return [self._ready(held) for held in self._held.values() if held.item.document.accepts(source, feedback_type)]

    def named(self, mapping: str) -> Listening | None:
        held = self._held.get(mapping)
        return self._ready(held) if held else None

    def doubt(self, mapping: str) -> None:
        """The org has refused it: its describes may be out of date."""
        if held := self._held.get(mapping):
            held.doubted = True

    def _ready(self, held: _Held) -> Listening:
        ready = self._made_ready.get(held.item.name)
        if ready is None:
            ready = self._made_ready[held.item.name] = self._listening(held)
        return ready

    def _listening(self, held: _Held) -> Listening:
        compiled, unfit = None, None
        if held.item.published.enabled:
            try:
                compiled = self._compiled(held)
            except InvalidDocument as error:
                unfit = _misfit("; ".join(f"{item.path}: {item.message}" for item in error.problems[:3]))
            except Refused as error:
                unfit = error.refusal
            except PermanentError as error:
                unfit = _misfit(str(error))
            except BridgeError as error:
                unfit = no_answer(str(error))
        return Listening(
            id=held.item.name,
            version=held.item.published.version,
            org=held.item.document.write.org,
            enabled=held.item.published.enabled,
            first_published_at=held.item.published.first_published_at,
            planner=compiled,
            unfit=unfit,
            schemas=held.schemas,
        )

    def _compiled(self, held: _Held) -> CompiledMapping:
        """Compiled again only when one of its describes is another one than before."""
        objects = held.item.objects()
        org = self.org(held.item.document.write.org, self._revision)
        fresh = held.doubted and time.monotonic() - held.asked_at > ASKED_EVERY
        if fresh:
            held.asked_at, held.doubted = time.monotonic(), False
        described = {name: org.schema(name, fresh=fresh) for name in objects}
        schemas = {name: schema for name, schema in described.items() if schema is not None}
        if held.compiled is None or schemas != held.schemas:
            held.compiled = held.item.compiled(schemas, org.traits())
            held.schemas = schemas
        return held.compiled


def _misfit(reason: str) -> Refusal:
    return Refusal("MAPPING_DOES_NOT_FIT", Meaning.MAPPING, (), reason)
