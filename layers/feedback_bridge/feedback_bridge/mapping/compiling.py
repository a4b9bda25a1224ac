"""From the rule of one write to the write made ready: its fields, its record, and what the org allows."""

from feedback_bridge.mapping.converted import Conversion, compile_conversion
from feedback_bridge.mapping.fields import FieldPlan, compile_field
from feedback_bridge.mapping.finders import Criteria, OnNone, compile_criteria, compile_criterion
from feedback_bridge.mapping.finish import FEED_ITEM, Writer
from feedback_bridge.mapping.language.writes import Key, Match, WriteRule
from feedback_bridge.mapping.permissions import check_access, check_fields
from feedback_bridge.mapping.plan import MAIN
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import Scope
from feedback_bridge.mapping.targets import Targeting
from feedback_bridge.mapping.writing import CompiledWrite

_NOT_PARENTS = frozenset({"User", "Group", "RecordType", "Organization", "Profile"})


def compile_write(scope: Scope, path: str, rule: WriteRule, effect: str = MAIN) -> CompiledWrite | None:
    """The write, or None with problems reported."""
    schema = scope.object(rule.object, f"{path}.object")
    written = scope.object(FEED_ITEM, f"{path}.operation") if rule.operation == "chatter_post" else schema
    if schema is None or written is None:
        return None
    fields = FieldPlan()
    for name, value in rule.fields.items():
        compile_field(scope, f"{path}.fields.{name}", written, name, value, fields)
    targeting = _targeting(scope, path, rule, schema, fields)
    inserts, updates = _may(rule, targeting)
    check_access(scope, path, rule, written, inserts=inserts, updates=updates)
    check_fields(scope, path, rule, written, inserts=inserts, updates=updates)
    filled = _filled(rule, targeting) if inserts else ()
    if rule.key is not None and rule.operation == "upsert":
        _drop(fields, rule.key.field)
    writer = Writer(
        object=schema.name,
        operation=rule.operation,
        duplicates=rule.duplicates,
        assign=rule.assignment_rules,
        required=tuple(item.name for item in written.fields.values() if item.required),
        pointers=tuple(name for name in _named(rule, written) if _points(written.fields[name])),
        filled=filled,
        only_if_empty=tuple(fields.only_if_empty),
        insert_only=frozenset(fields.insert_only),
        update_only=frozenset(fields.update_only),
    )
    return CompiledWrite(writer, fields, targeting, effect)


def _named(rule: WriteRule, schema: ObjectSchema) -> list[str]:
    return [found.name for found in map(schema.field, rule.fields) if found]


def _points(field: FieldSchema) -> bool:
    return field.type == "reference" and not _NOT_PARENTS.issuperset(field.reference_to)


def _drop(fields: FieldPlan, key: str) -> None:
    """Salesforce refuses an upsert that carries its own key among the fields."""
    key = key.lower()
    for name in [name for name in fields.constants if name.lower() == key]:
        del fields.constants[name]
    fields.plain[:] = [item for item in fields.plain if item[0].lower() != key]
    fields.special[:] = [item for item in fields.special if item[0].lower() != key]
    fields.found[:] = [item for item in fields.found if item.field.name.lower() != key]


def _may(rule: WriteRule, targeting: Targeting | None) -> tuple[bool, bool]:
    """Whether the rule can make a record, and whether it can change one."""
    match rule.operation:
        case "insert" | "chatter_post":
            return True, False
        case "delete":
            return False, False
        case "upsert":
            return targeting is None or bool(targeting.external) or targeting.on_none == "insert", True
        case _:
            return targeting is not None and targeting.on_none == "insert", True


def _targeting(scope: Scope, path: str, rule: WriteRule, schema: ObjectSchema, fields: FieldPlan) -> Targeting | None:
    wanted = tuple(fields.only_if_empty)
    conversion = None
    if rule.operation in ("update", "upsert"):
        conversion = compile_conversion(scope, schema, rule.converted, _named(rule, schema), wanted)
    columns = (*wanted, *(conversion.columns if conversion else ()))
    if rule.key is not None:
        return _by_key(scope, f"{path}.key", rule, rule.key, schema, columns, conversion)
    if rule.match is not None:
        return _by_match(scope, f"{path}.match", rule, rule.match, schema, columns, conversion)
    return None


def _by_key(
    scope: Scope,
    path: str,
    rule: WriteRule,
    key: Key,
    schema: ObjectSchema,
    columns: tuple[str, ...],
    conversion: Conversion | None,
) -> Targeting | None:
    criterion = compile_criterion(scope, f"{path}.field", key.field, key.value, schema)
    if criterion is None:
        return None
    field = criterion.field
    by_id = field.type == "id"
    if not (by_id or field.external_id or field.id_lookup):
        scope.report(
            f"{path}.field", f"{field.label} is neither Id nor an External Id; use match to find records by it"
        )
    upsert = rule.operation == "upsert"
    on_none: OnNone = key.on_none
    if upsert:
        on_none = "insert" if by_id else "fail"
    return Targeting(
        criteria=Criteria(schema.name, "all", (criterion,)),
        on_none=on_none,
        on_many="fail",
        columns=columns,
        zone=scope.zone,
        direct=by_id,
        external=field.name if upsert and not by_id else None,
        conversion=conversion,
    )


def _by_match(
    scope: Scope,
    path: str,
    rule: WriteRule,
    match: Match,
    schema: ObjectSchema,
    columns: tuple[str, ...],
    conversion: Conversion | None,
) -> Targeting:
    default: OnNone = "insert" if rule.operation == "upsert" else "skip"
    criteria = compile_criteria(scope, f"{path}.fields", match, match.fields, schema)
    on_none = match.on_none or default
    if on_none == "insert" and rule.operation == "chatter_post":
        scope.report(f"{path}.on_none", "a chatter_post makes no record to post on; use skip or fail")
    return Targeting(criteria, on_none, match.on_many, columns, scope.zone, conversion=conversion)


def _filled(rule: WriteRule, targeting: Targeting | None) -> tuple[str, ...]:
    """The match fields: a new record gets what it was looked for by, or the next feedback would not find it."""
    if rule.match is None or targeting is None:
        return ()
    return tuple(item.field.name for item in targeting.criteria.items if item.field.createable)
