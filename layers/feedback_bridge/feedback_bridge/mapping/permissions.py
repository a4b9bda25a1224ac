"""What the org lets us write: objects, fields, and what a new record must have."""

from feedback_bridge.mapping.language.writes import WriteRule
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.scope import Scope


def check_access(
    scope: Scope, path: str, rule: WriteRule, schema: ObjectSchema, *, inserts: bool, updates: bool
) -> None:
    """Reports what our user may not do with the object."""
    where = f"{path}.operation"
    if inserts and not schema.createable:
        scope.report(
            where, f"our user may not create {schema.label} records; the permission set needs Create on {schema.name}"
        )
    if updates and not schema.updateable:
        scope.report(
            where, f"our user may not change {schema.label} records; the permission set needs Edit on {schema.name}"
        )
    if (rule.match or rule.key) and not schema.queryable and rule.operation != "chatter_post":
        scope.report(
            where, f"our user may not read {schema.label} records; the permission set needs Read on {schema.name}"
        )
    if rule.operation == "delete":
        if not schema.deletable:
            scope.report(
                where,
                f"our user may not delete {schema.label} records; the permission set needs Delete on {schema.name}",
            )
        if not scope.org.allow_delete:
            scope.report(where, "deleting is not allowed in this org; set allow_delete: true in its org document first")


def check_fields(
    scope: Scope, path: str, rule: WriteRule, schema: ObjectSchema, *, inserts: bool, updates: bool
) -> None:
    """Reports fields that cannot be written, twice-named ones, and required ones that are missing."""
    seen: set[str] = set()
    on_insert: set[str] = set()
    for name, value in rule.fields.items():
        field = schema.field(name)
        if field is None:
            continue
        where = f"{path}.fields.{name}"
        if field.name in seen:
            scope.report(where, f"{field.name} is written twice, in two spellings")
        seen.add(field.name)
        if value.only_on != "update":
            on_insert.add(field.name)
        if rule.key is not None and rule.key.field.lower() == field.name.lower():
            continue
        _check_writable(
            scope,
            where,
            field,
            inserts=inserts and value.only_on != "update",
            updates=updates and value.only_on != "insert",
        )
    if inserts and rule.operation != "chatter_post":
        _check_required(scope, path, rule, schema, on_insert)


def _check_writable(scope: Scope, path: str, field: FieldSchema, *, inserts: bool, updates: bool) -> None:
    if field.calculated:
        scope.report(path, f"{field.label} is calculated by Salesforce (formula or roll-up) and cannot be written")
    elif not field.createable and not field.updateable:
        scope.report(path, f"{field.label} is read-only, or our user lacks Edit access to it")
    elif inserts and not field.createable:
        scope.report(path, f"{field.label} cannot be set when a record is made; add only_on: update")
    elif updates and not field.updateable:
        scope.report(path, f"{field.label} can only be set when a record is made; add only_on: insert")


def _check_required(scope: Scope, path: str, rule: WriteRule, schema: ObjectSchema, mapped: set[str]) -> None:
    known = set(mapped)
    if rule.match is not None:
        known |= {field.name for field in map(schema.field, rule.match.fields) if field}
    if rule.key is not None:
        known |= {field.name for field in [schema.field(rule.key.field)] if field}
    for field in schema.fields.values():
        if field.required and field.name not in known:
            scope.report(f"{path}.fields", f"{field.name} ({field.label}) is required for a new {schema.label}; map it")
