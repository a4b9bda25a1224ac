"""What publishing asks of a sync: does it fit the org, with every pair of types?"""

from collections.abc import Iterator

from feedback_bridge.config.problem import Problem
from feedback_bridge.mapping.coercion import rule_of
from feedback_bridge.mapping.schema import FieldSchema, ObjectSchema
from feedback_bridge.mapping.suggestions import did_you_mean
from feedback_bridge.sync.document import PushedField, SyncDocument
from feedback_bridge.sync.keys import KeyKind, kind_of

_NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
_UNPULLABLE = frozenset({"base64", "address", "location", "complexvalue", "anytype"})


def check(sync: SyncDocument, schema: ObjectSchema | None) -> list[Problem]:
    """`schema` is the object's describe, None where our user does not see it. Empty: the sync can run."""
    if schema is None:
        message = f"the org has no object {sync.salesforce.object}, or our user has no access to it"
        return [Problem(path="salesforce.object", message=message)]
    return [*_key(sync, schema), *_push(sync, schema), *_pull(sync, schema)]


def key_kind(sync: SyncDocument, schema: ObjectSchema) -> KeyKind | None:
    """How keys are compared; None where the field cannot be a key."""
    if sync.salesforce.key_as != "auto":
        return sync.salesforce.key_as
    field = schema.field(sync.salesforce.key)
    return kind_of(field.type) if field else None


def _key(sync: SyncDocument, schema: ObjectSchema) -> Iterator[Problem]:
    name = sync.salesforce.key
    field = schema.field(name)
    if field is None:
        yield _missing(f"salesforce.key: {name}", schema, name)
    elif kind_of(field.type) is None or field.type.lower() == "textarea":
        yield Problem(path="salesforce.key", message=f"{name} is of the type {field.type}, which identifies nothing")


def _push(sync: SyncDocument, schema: ObjectSchema) -> Iterator[Problem]:
    if sync.push is None:
        return
    if not schema.updateable:
        yield Problem(path="salesforce.object", message=f"our user may not change {schema.label} records")
    for name, rule in sync.push.fields.items():
        path = f"push.fields.{name}"
        field = schema.field(name)
        if field is None:
            yield _missing(path, schema, name)
        else:
            yield from _pushed(path, field, rule, clears=(rule.blanks or sync.push.blanks) == "clear")


def _pushed(path: str, field: FieldSchema, rule: PushedField, *, clears: bool) -> Iterator[Problem]:
    of_type = rule_of(field)
    if of_type.build is None:
        yield Problem(path=path, message=f"{field.name} {of_type.refused}")
    elif field.calculated or not field.updateable:
        yield Problem(path=path, message=f"{field.name} is read-only for our user: a formula, or field-level security")
    elif field.html:
        message = f"{field.name} is rich text, which Salesforce rewrites: it could never be told whether it changed"
        yield Problem(path=path, message=message)
    elif rule.multiply is not None and field.type.lower() not in _NUMBERS:
        yield Problem(path=f"{path}.multiply", message=f"{field.name} is no number field")
    elif clears and not field.nillable and field.type.lower() != "boolean":
        yield Problem(path=f"{path}.blanks", message=f"{field.name} is required and cannot be cleared: use keep")


def _pull(sync: SyncDocument, schema: ObjectSchema) -> Iterator[Problem]:
    if sync.pull is None:
        return
    if schema.field("SystemModstamp") is None:
        message = f"{schema.label} records have no SystemModstamp, by which changes are found"
        yield Problem(path="salesforce.object", message=message)
    for name in sync.pull.fields:
        field = schema.field(name)
        if field is None:
            yield _missing(f"pull.fields.{name}", schema, name)
        elif field.type.lower() in _UNPULLABLE:
            message = f"{name} is of the type {field.type}, which metadata cannot hold"
            yield Problem(path=f"pull.fields.{name}", message=message)


def _missing(path: str, schema: ObjectSchema, name: str) -> Problem:
    near = did_you_mean(name, schema.fields)
    return Problem(
        path=path.partition(": ")[0],
        message=f"{schema.label} has no field {name}, or our user may not see it{near}",
    )
