"""What a document would do, before it does it. Nothing is written."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

from feedback_bridge.config.kinds import kind_named
from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.delivery.delivery import RecordWritten, delivery_id
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.runtime.admin.bodies import object_in
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, Wrong, unfit
from feedback_bridge.runtime.admin.reaching import reached
from feedback_bridge.runtime.admin.samples import feedback_wanted, sampled, source_named
from feedback_bridge.runtime.deliveries import table
from feedback_bridge.runtime.reading import configs

if TYPE_CHECKING:
    from feedback_bridge.mapping.document import MappingDocument


def preview_mapping(call: Call, document_id: str) -> Reply:
    """The writes that the draft (or what is in force, where there is no draft) would make of a feedback.

    The body: a feedback, `{feedback_id}`, `{sample, source}`, or `{values}` by path.
    """
    asked = object_in(call)
    mapping, version = _mapping(document_id)
    feedback = feedback_wanted(call, asked, mapping)
    head = {"mapping": document_id, "version": version, "feedback": feedback.to_document()}
    if not mapping.accepts(feedback.source, feedback.type):
        reason = f"the mapping does not listen to a {feedback.type} of source {feedback.source}"
        return Reply(200, {**head, "outcome": "skipped", "reason": reason, **_NOTHING})
    return Reply(200, {**head, **_rehearsed(call, mapping, feedback)})


def preview_source(call: Call, document_id: str) -> Reply:
    """The feedback that a raw sample would become."""
    asked = object_in(call)
    if "sample" not in asked and "feedback_id" not in asked:
        raise unfit("sample", "is required: what the tool sends, or feedback_id, which is in the archive")
    return Reply(
        200, {"source": document_id, "feedback": sampled(call, asked, source_named(document_id)).to_document()}
    )


ENDPOINTS = (
    Endpoint("POST", "/admin/mappings/<document_id>/preview", "operator", preview_mapping),
    Endpoint("POST", "/admin/sources/<document_id>/preview", "operator", preview_source),
)

_NOTHING: dict[str, Any] = {"writes": [], "lookups": [], "warnings": [], "calls": 0}


def _mapping(document_id: str) -> tuple["MappingDocument", int | None]:
    """Its draft, or the version in force. Raises Wrong."""
    kind = kind_named("mapping")
    draft, published = configs().draft("mapping", document_id), configs().published("mapping", document_id)
    known = draft or published
    if known is None or kind is None:
        raise Wrong(404, f"There is no mapping named {document_id}.")
    try:
        document = cast("MappingDocument", kind.parse(known.document))
    except InvalidDocument as error:
        raise Wrong(422, "The mapping has problems; solve these first.", error.problems) from None
    return document, published.version if published and published.document == known.document else None


def _rehearsed(call: Call, mapping: "MappingDocument", feedback: Feedback) -> dict[str, Any]:
    from feedback_bridge.runtime.admin.fitting import compiled_for, schemas_of
    from feedback_bridge.runtime.admin.rehearsal import Stage

    with reached(mapping.write.org) as org:
        try:
            compiled = compiled_for(org, mapping)
        except InvalidDocument as error:
            raise Wrong(422, "The mapping does not fit the org.", error.problems) from None
        stage = Stage(
            org, schemas_of(org, mapping), delivery_id(feedback.id, mapping.id), _written(feedback.id, mapping.id)
        )
        return asdict(stage.rehearse(compiled, feedback.to_document(), call.now))


def _written(feedback_id: str, mapping: str) -> tuple[RecordWritten, ...]:
    """What an earlier delivery of this feedback by this mapping wrote."""
    deliveries = table().of_feedback(feedback_id)
    return next((delivery.records for delivery in deliveries if delivery.mapping == mapping), ())
