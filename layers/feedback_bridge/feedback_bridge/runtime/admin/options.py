"""What forms and surveys have offered so far: the values that the last events had where a choice field is fed."""

from collections.abc import Iterator, Mapping
from typing import Any

from feedback_bridge.aws.archive_index import latest
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.errors import PermanentError
from feedback_bridge.mapping.document import ANY_SOURCE, MappingDocument
from feedback_bridge.mapping.operands import label_getter
from feedback_bridge.mapping.paths import Get, getter, keys_of
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.walk import write_rules
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.reading import archive, configs, read_again

SAMPLES, MOST_SOURCES, MOST_VALUES = 20, 5, 100
"""Events read of each source, sources looked at, values kept of a path."""

_CHOICES = frozenset({"picklist", "multipicklist", "boolean"})


def values_seen(mapping: MappingDocument, schemas: Mapping[str, ObjectSchema]) -> dict[str, list[Any]]:
    """By path, as `mapping.checks.Known` wants them. Raises TransientError."""
    wanted = _wanted(mapping, schemas)
    seen: dict[str, dict[Any, None]] = {path: {} for path in wanted}
    for document in _documents(mapping) if wanted else ():
        for path, get in wanted.items():
            for value in _scalars(get(document)):
                if len(seen[path]) < MOST_VALUES:
                    seen[path][value] = None
    return {path: list(values) for path, values in seen.items() if values}


def _wanted(mapping: MappingDocument, schemas: Mapping[str, ObjectSchema]) -> dict[str, Get]:
    """The plain paths that feed choice fields. One that is used for its value and for its label tells nothing."""
    wanted: dict[str, Get] = {}
    labels: dict[str, bool] = {}
    for _, rule in write_rules(mapping):
        schema = schemas.get(rule.object)
        for name, value in rule.fields.items():
            target = schema.field(name) if schema else None
            path = value.from_
            if target is None or target.type not in _CHOICES or path is None or keys_of(path) is None:
                continue
            wanted[path] = label_getter(path) if value.label else getter(path)
            if labels.setdefault(path, value.label) is not value.label:
                del wanted[path]
    return wanted


def _documents(mapping: MappingDocument) -> Iterator[dict[str, Any]]:
    """The last events of its sources, as they would arrive; those that cannot be read tell nothing."""
    for source in _sources(mapping):
        ids, _ = latest(settings.feedback_table(), source, most=SAMPLES)
        for feedback_id in ids:
            raw = archive().find(feedback_id)
            try:
                feedback = read_again(raw) if raw else None
            except (PermanentError, InvalidDocument):
                continue
            if feedback and mapping.accepts(source, feedback.type):
                yield feedback.to_document()


def _sources(mapping: MappingDocument) -> list[str]:
    named = mapping.source if isinstance(mapping.source, list) else [mapping.source]
    if ANY_SOURCE in named:
        named = [published.id for published in configs().all_published("source")]
    return named[:MOST_SOURCES]


def _scalars(value: Any) -> Iterator[Any]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, (str, int, float)) and item != "":
            yield item
