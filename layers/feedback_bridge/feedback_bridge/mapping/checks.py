"""What publishing asks: does this mapping fit the org, the sources and the feedback it will get?"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from feedback_bridge.config.problem import Problem
from feedback_bridge.mapping.coercion import NotWritable, Terms, coercer
from feedback_bridge.mapping.compiled import compile_within
from feedback_bridge.mapping.document import ANY_SOURCE, MappingDocument
from feedback_bridge.mapping.field_types.unfit import Unfit
from feedback_bridge.mapping.finish import FEED_ITEM
from feedback_bridge.mapping.language.values import FieldValue
from feedback_bridge.mapping.language.writes import WriteRule
from feedback_bridge.mapping.operands import compile_operand
from feedback_bridge.mapping.paths import keys_of
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits, Scope
from feedback_bridge.mapping.shape import KNOWN_VALUES, fault_of, feedback_with
from feedback_bridge.mapping.suggestions import did_you_mean, value_table
from feedback_bridge.mapping.walk import paths_of, write_rules

_CHOICES = frozenset({"picklist", "multipicklist"})
FORM = "form_submission"


@dataclass(frozen=True, slots=True)
class Known:
    """What else exists. None: not known, so not checked.

    `values` are the values that paths have had so far or that a form offers (its options), by path.
    """

    sources: Collection[str] | None = None
    orgs: Collection[str] | None = None
    values: Mapping[str, Collection[Any]] = field(default_factory=dict)


def check(
    document: MappingDocument, schemas: Mapping[str, ObjectSchema], org: OrgTraits, known: Known = Known()
) -> list[Problem]:
    """Every problem that stands in the way of publishing, each by its path; none means that the mapping compiles."""
    scope = Scope(schemas, org)
    compile_within(document, scope)
    _check_names(document, scope, known)
    for place, path, whole_answer in paths_of(document):
        fault = fault_of(path, whole_answer=whole_answer)
        if fault:
            scope.report(place, fault)
    for place, rule in write_rules(document):
        schema = scope.known(FEED_ITEM if rule.operation == "chatter_post" else rule.object)
        if schema is not None:
            _check_values(scope, place, rule, schema, known.values, listed_only=FORM in _kinds(document))
    _check_form(document, scope)
    return list(dict.fromkeys(scope.problems))


def _check_names(document: MappingDocument, scope: Scope, known: Known) -> None:
    several = isinstance(document.source, list)
    for index, source in enumerate(document.source if isinstance(document.source, list) else [document.source]):
        if known.sources is not None and source != ANY_SOURCE and source not in known.sources:
            place = f"source[{index}]" if several else "source"
            scope.report(place, f"there is no source {source}{did_you_mean(source, known.sources)}")
    if known.orgs is not None and document.write.org not in known.orgs:
        scope.report("write.org", f"there is no org {document.write.org}{did_you_mean(document.write.org, known.orgs)}")


def _check_values(
    scope: Scope,
    place: str,
    rule: WriteRule,
    schema: ObjectSchema,
    seen: Mapping[str, Collection[Any]],
    *,
    listed_only: bool,
) -> None:
    """Tries the values that a path is known to have on the field that they go to.

    `listed_only`: a form's option must be a value of the picklist, also where Salesforce would take any.
    """
    for name, value in rule.fields.items():
        target = schema.field(name)
        keys = keys_of(value.from_) if value.from_ is not None else None
        if target is None or keys is None:
            continue
        unfit = _unfit(scope, target, value, keys, KNOWN_VALUES.get(keys, ()), listed_only=False)
        unfit |= _unfit(scope, target, value, keys, seen.get(value.from_ or "", ()), listed_only=listed_only)
        # What the value table makes of a value is told at the table itself.
        unfit = {sample: reason for sample, reason in unfit.items() if sample not in (value.map or {})}
        if unfit and target.type in _CHOICES and value.map is None:
            offered = ", ".join(unfit)
            message = f"{target.label} takes none of {offered}; translate them: {value_table(unfit, target)}"
            scope.report(f"{place}.fields.{name}", message)
        elif unfit:
            sample, reason = next(iter(unfit.items()))
            scope.report(f"{place}.fields.{name}", f"{'.'.join(keys)} can be {sample}, which {reason} ({target.label})")


def _unfit(
    scope: Scope,
    target: FieldSchema,
    value: FieldValue,
    keys: tuple[str, ...],
    samples: Iterable[Any],
    *,
    listed_only: bool,
) -> dict[str, str]:
    """The samples that the field does not take, each with the reason."""
    read = compile_operand(value, scope.zone)
    unfit: dict[str, str] = {}
    try:
        coerce = coercer(target, Terms(scope.zone, truncate=value.too_long == "truncate"))
    except NotWritable:
        return unfit
    for sample in samples:
        notes: list[str] = []
        try:
            found = read(feedback_with(keys, sample))
            if found is not None:
                coerce(found, notes)
            if notes and listed_only and target.type in _CHOICES and value.map is None:
                unfit[str(sample)] = "the picklist does not list"
        except Unfit as error:
            unfit[str(sample)] = str(error)
    return unfit


def _kinds(document: MappingDocument) -> list[str]:
    return list(document.on) if isinstance(document.on, list) else [document.on]


def _check_form(document: MappingDocument, scope: Scope) -> None:
    """A lead from a form must carry the e-mail address, or nobody can answer it."""
    rule = document.write
    if rule.object.lower() != "lead" or rule.operation not in ("insert", "upsert") or FORM not in _kinds(document):
        return
    mapped = {name.lower() for name in (*rule.fields, *(rule.match.fields if rule.match else ()))}
    mapped |= {rule.key.field.lower()} if rule.key else set()
    schema = scope.known(rule.object)
    if "email" not in mapped and schema is not None and schema.field("Email"):
        scope.report("write.fields", "Email is not mapped; a lead that comes from a form needs it")
