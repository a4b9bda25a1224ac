"""Salesforce outbound messages (SOAP API Developer Guide, "Understanding Outbound Messaging").

One SOAP body carries 1 to 100 notifications of one object. Nothing is signed: the address carries a secret, and the org
names itself. Salesforce repeats a notification for 24 hours until it is acknowledged, in any order, each time with the
record as it is by then and not as it was at the trigger. So a notification's id alone tells whether it is new, and
whoever acts on one reads the record again first.

This is no tool that an admin sets up as a source: an org's document says `outbound_messages`, and the org is a source
named `salesforce-{org}`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from pydantic import JsonValue

from feedback_bridge.config.org import OrgDocument, OutboundMessages, outbound_source
from feedback_bridge.config.problem import Problem
from feedback_bridge.config.source import SourceDocument
from feedback_bridge.feedback.identity import feedback_id
from feedback_bridge.feedback.model import Feedback, SalesforceRecord
from feedback_bridge.feedback.record_id import long_id
from feedback_bridge.sources import body as bodies
from feedback_bridge.sources.people import respondent
from feedback_bridge.sources.safe_xml import parse_xml
from feedback_bridge.sources.setup import Setup
from feedback_bridge.sources.shared_secret import SharedSecret
from feedback_bridge.sources.sobject import fields_of, object_of
from feedback_bridge.sources.tool import Event, InvalidEvent, Request, Unreadable, UnsupportedType, Unverified

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
MOST_NOTIFICATIONS = 100
XML_TYPES = ("text/xml", "application/xml")

register_namespace("soapenv", ENVELOPE)
register_namespace("out", OUTBOUND)


class Settings(SourceDocument):
    """Made of an org's document by `settings_of`."""

    type: Literal["salesforce"] = "salesforce"
    org: str
    organization_id: str
    shared_secret: SharedSecret = SharedSecret(query="key")


SETUP = Setup(
    made_by="us",
    steps=(
        "Setup > Outbound Messages > New: choose the object and the fields to send.",
        "Endpoint URL: {url}",
        "Leave `Send Session ID` off: nothing here needs it.",
        "Let a record-triggered flow send it: action Outbound Message.",
    ),
    sample="case_closed.xml",
)


def settings_of(org: OrgDocument, outbound: OutboundMessages) -> Settings:
    return Settings(
        id=outbound_source(org.id), secret=outbound.secret, org=org.id, organization_id=outbound.organization_id
    )


def verify(request: Request, source: Settings, secrets: Sequence[str], now: datetime) -> None:
    if not source.shared_secret.is_in(request, secrets):
        raise Unverified


def events(body: bytes, content_type: str, source: Settings) -> list[Event]:
    """One for each notification whose record is still there. Raises Unverified for a message of another org, such as
    a sandbox that was copied with the address of production."""
    bodies.require(content_type, *XML_TYPES)
    if bodies.charset(content_type) != "utf-8":
        raise UnsupportedType("The charset must be UTF-8.")
    message = _message(parse_xml(body))
    organization = _text(message, "OrganizationId")
    if long_id(organization or "") != source.organization_id:
        raise Unverified
    notifications = message.findall(f"{{{OUTBOUND}}}Notification")
    if not 1 <= len(notifications) <= MOST_NOTIFICATIONS:
        raise InvalidEvent([Problem(path="Notification", message=f"must be there, at most {MOST_NOTIFICATIONS} times")])
    return list(_events(message, notifications))


def read(event: Event, source: Settings, received_at: datetime, answers: bytes | None = None) -> Feedback:
    """When it happened is not told, and what the record said then neither: the arrival stands in for the one, and the
    fields are those that the message carries, as text."""
    told = event.document
    fields = told["fields"] if isinstance(told["fields"], dict) else {}
    record = SalesforceRecord(
        org=source.org,
        object=str(told["object"]),
        record_id=str(told["record_id"]),
        notification_id=event.id,
        action_id=str(told["action_id"]) if told["action_id"] else None,
    )
    return Feedback(
        id=feedback_id(source.id, event.id),
        type="salesforce_event",
        source=source.id,
        occurred_at=received_at,
        received_at=received_at,
        respondent=respondent(fields, salesforce_id=record.record_id),
        embedded=fields,
        salesforce=record,
    )


def _message(root: Element) -> Element:
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        raise Unreadable("The body is no SOAP 1.1 envelope.")
    found = root.findall(f"{{{ENVELOPE}}}Body/{{{OUTBOUND}}}notifications")
    if len(found) != 1:
        raise Unreadable("The body is no outbound message of Salesforce.")
    return found[0]


def _events(message: Element, notifications: Sequence[Element]) -> Iterator[Event]:
    """What two notifications of one message have in common is told with each. A record that was deleted meanwhile has
    no data, and there is nothing left to be done about it."""
    action, seen = _text(message, "ActionId"), set()
    for place, notification in enumerate(notifications):
        path = f"Notification[{place}]"
        notification_id = _id(_text(notification, "Id"), f"{path}.Id")
        record = notification.find(f"{{{OUTBOUND}}}sObject")
        if record is None or len(record) == 0 or notification_id in seen:
            continue
        seen.add(notification_id)
        fields = fields_of(record, path)
        document: dict[str, JsonValue] = {
            "action_id": action,
            "object": object_of(record, path),
            "record_id": _id(fields.get("Id"), f"{path}.sObject.Id"),
            "fields": fields,
        }
        yield Event(notification_id, document, once=True, body=_alone(message, notification))


def _alone(message: Element, notification: Element) -> bytes:
    """The message with this notification alone, to be kept; without its SessionId, which lets one into the org."""
    envelope = Element(f"{{{ENVELOPE}}}Envelope")
    alone = SubElement(SubElement(envelope, f"{{{ENVELOPE}}}Body"), f"{{{OUTBOUND}}}notifications")
    for name in ("OrganizationId", "ActionId", "EnterpriseUrl", "PartnerUrl"):
        if text := _text(message, name):
            SubElement(alone, f"{{{OUTBOUND}}}{name}").text = text
    alone.append(notification)
    return bytes(tostring(envelope, encoding="utf-8", xml_declaration=True))


def _text(parent: Element, name: str) -> str | None:
    text = parent.findtext(f"{{{OUTBOUND}}}{name}")
    return (text or "").strip() or None


def _id(value: JsonValue, path: str) -> str:
    found = long_id(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidEvent([Problem(path=path, message="is no Salesforce id")])
    return found
