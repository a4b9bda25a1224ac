"""One effect of one feedback, however often it is tried: how a plain insert is kept from doubling."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from feedback_bridge.delivery.delivery import RecordWritten
from feedback_bridge.mapping.plan import MAIN
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.write import Write

MARKER = "Feedback_Bridge_Id__c"
"""The External Id of our own that an admin may install (`salesforce/`): with it every insert is an upsert."""


def once(write: Write, schema: ObjectSchema | None, mark: str, written: Iterable[RecordWritten], effect: str) -> Write:
    """The same write, so that repeating it changes nothing more.

    `mark` is the delivery's id; `written` what earlier tries or replays of it wrote, of which `effect` is this one.
    """
    if write.operation != "insert":
        return write
    earlier = next((record for record in written if record.effect == effect and record.object == write.object), None)
    if earlier:
        return replace(write, operation="update", record_id=earlier.record_id, fields=_changeable(write, schema))
    field = schema.field(MARKER) if schema else None
    if field and field.external_id and field.createable:
        return replace(
            write, operation="upsert", external_id=(field.name, mark if effect == MAIN else f"{mark}~{effect}")
        )
    return write


def _changeable(write: Write, schema: ObjectSchema | None) -> dict[str, Any]:
    """Some fields can only be given on create (a campaign member's campaign): the record has them already."""
    if schema is None:
        return dict(write.fields)
    described = ((name, value, schema.field(name)) for name, value in write.fields.items())
    return {name: value for name, value, item in described if item is None or item.updateable}
