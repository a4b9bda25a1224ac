"""Whether the org has what the formula reads."""

from collections.abc import Iterator

from feedback_bridge.config.problem import Problem
from feedback_bridge.health.document import HealthDocument
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.suggestions import did_you_mean

_NUMBERS = frozenset({"double", "int", "long", "currency", "percent"})
_DATES = frozenset({"date", "datetime"})


def check(document: HealthDocument, account: ObjectSchema | None, opportunity: ObjectSchema | None) -> list[Problem]:
    """Each by its place in the document."""
    return list(_problems(document, account, opportunity))


def _problems(
    document: HealthDocument, account: ObjectSchema | None, opportunity: ObjectSchema | None
) -> Iterator[Problem]:
    if account is None:
        yield Problem(path="org", message="the org shows us no Account")
        return
    for path, name in document.fields().items():
        field = account.field(name)
        wanted, kind = _wanted(path)
        if field is None:
            hint = did_you_mean(name, list(account.fields))
            yield Problem(path=path, message=f"{account.label} has no field {name}{hint}")
        elif wanted and field.type not in wanted:
            yield Problem(path=path, message=f"{name} is no {kind}: it is of type {field.type}")
    if document.renewal and document.renewal.opportunities and opportunity is None:
        yield Problem(path="renewal.opportunities", message="the org shows us no Opportunity")


def _wanted(path: str) -> tuple[frozenset[str], str]:
    """The types that fit, none where any does, and what they are called."""
    if path == "renewal.field":
        return _DATES, "date"
    return (_NUMBERS, "number") if path.startswith("parts.") else (frozenset(), "")
