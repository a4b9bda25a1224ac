"""API Gateway's event with an outbound message in, Salesforce's acknowledgement out.

Salesforce counts a message as delivered when it reads `Ack` true, and sends it again for 24 hours otherwise, with gaps
that grow to two hours. So the acknowledgement is given once everything in the message is in the archive and on the bus.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from feedback_bridge.aws.configs import Configs
from feedback_bridge.config.document import ID_PATTERN
from feedback_bridge.errors import BridgeError
from feedback_bridge.runtime import settings
from feedback_bridge.runtime.arriving import intake, refused, request_of
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.org_sources import sending_org
from feedback_bridge.runtime.problem import Response, problem

MAX_BYTES = 4 * 1024 * 1024
"""A hundred records with their long texts; what API Gateway hands to a function is at most 6 MB in base64."""

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>{}</soapenv:Body>'
    "</soapenv:Envelope>"
)
_ACK = _ENVELOPE.format(
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
)
_SESSION_ID = re.compile(rb"(<(?:[\w.-]+:)?SessionId\b[^>]*>)[^<]+")


def receive(event: dict[str, Any]) -> Response:
    """What is the sender's mistake is answered 4xx; a SOAP Fault only while we cannot keep what was sent."""
    org_id = (event.get("pathParameters") or {}).get("org") or ""
    logger.append_keys(org=org_id if re.fullmatch(ID_PATTERN, org_id) else "?")
    try:
        source = sending_org(_configs(), org_id, enabled=True) if re.fullmatch(ID_PATTERN, org_id) else None
        if source is None:
            return problem(404, "There is no enabled org with this name that sends outbound messages.")
        request = request_of(event)
        if request is None or len(request.body) > MAX_BYTES:
            return problem(413, f"A body may have at most {MAX_BYTES} bytes.")
        # Whoever has the SessionId is in the org: it goes no further than here, not even into what cannot be read.
        request = replace(request, body=_SESSION_ID.sub(rb"\1", request.body))
        receipts = intake().receive(source, request, datetime.now(UTC))
    except BridgeError as error:
        if (response := refused(error)) is not None:
            return response
        logger.exception("an outbound message could not be kept; Salesforce will send it again")
        return _xml(500, _ENVELOPE.format(_fault(str(error))))
    logger.info("received", extra={"receipts": [f"{receipt.feedback_id} {receipt.status}" for receipt in receipts]})
    return _xml(200, _ACK)


def _fault(sentence: str) -> str:
    """Salesforce shows it under Setup > Outbound Messages > Delivery Status (SOAP 1.1 §4.4 and §6.2)."""
    told = f"<faultcode>soapenv:Server</faultcode><faultstring>{escape(sentence)}</faultstring>"
    return f"<soapenv:Fault>{told}</soapenv:Fault>"


def _xml(status: int, text: str) -> Response:
    return {"statusCode": status, "headers": {"Content-Type": "text/xml; charset=utf-8"}, "body": text}


@cache
def _configs() -> Configs:
    return Configs(settings.config_table())
