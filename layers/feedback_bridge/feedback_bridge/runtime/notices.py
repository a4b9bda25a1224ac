"""Telling people and programs: notices are written as records are, and go to SES, a webhook or the bus instead."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import requests

from feedback_bridge.automation.request import MOST_TEXTS, filled, text_name
from feedback_bridge.automation.steps import EMAIL, NOTICES, REQUEST, WEBHOOK
from feedback_bridge.automation.webhook import body, signed
from feedback_bridge.aws.bus import announce
from feedback_bridge.aws.mail import send_mail
from feedback_bridge.aws.secrets import secret
from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Written, no_answer
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.feedback.facts import AutomationNotice
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.mapping.schema import ObjectSchema
from feedback_bridge.mapping.scope import OrgTraits
from feedback_bridge.mapping.write import Write
from feedback_bridge.runtime import settings
from feedback_bridge.salesforce.org import Org

_TIMEOUT = (3, 10)
_LATER = frozenset({408, 425, 429})
"""Time-out, too early, too many: RFC 9110 and RFC 8470 ask that the same is sent again."""

_TOLD = "told"


@dataclass(frozen=True)
class NoticingOrg:
    """A Salesforce org that also takes notices."""

    org: Org

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None:
        return NOTICES.get(sobject) or self.org.schema(sobject, fresh=fresh)

    def traits(self) -> OrgTraits:
        return self.org.traits()

    def user_id(self) -> str:
        return self.org.user_id()

    def find(self, queries: Sequence[RecordQuery]) -> list[list[Row]]:
        """Nothing is ever found of a notice: nobody keeps it."""
        asked = [query for query in queries if query.object not in NOTICES]
        found = iter(self.org.find(asked) if asked else [])
        return [[] if query.object in NOTICES else next(found) for query in queries]

    def write(self, writes: Sequence[Write]) -> list[Outcome]:
        records = [write for write in writes if write.object not in NOTICES]
        written = iter(self.org.write(records) if records else [])
        return [send(write) if write.object in NOTICES else next(written) for write in writes]


def send(write: Write) -> Outcome:
    """One notice. One that its delivery has sent before is not sent again."""
    if write.record_id is not None:
        return Written(write.record_id)
    fields = {name: str(value) for name, value in write.fields.items()}
    try:
        match write.object:
            case _ if write.object == EMAIL:
                return _email(fields)
            case _ if write.object == WEBHOOK:
                return _webhook(fields)
            case _ if write.object == REQUEST:
                return _request(fields)
            case _:
                return _event(fields)
    except PermanentError as error:
        return Refusal("NOT_SENT", Meaning.RECORD, (), str(error))
    except TransientError as error:
        return no_answer(str(error), under_way=False)


def _email(fields: dict[str, str]) -> Outcome:
    sender = settings.mail_sender()
    if sender is None:
        raise PermanentError("The stack has no sender of e-mail: deploy it with the parameter MailSender.")
    to = [address.strip() for address in fields["to"].split(",") if address.strip()]
    return Written(send_mail(sender, to, " ".join(fields["subject"].split()), fields["text"]))


def _webhook(fields: dict[str, str]) -> Outcome:
    known = _address(fields["secret"], "signing_key", str)
    data = body(fields["format"], fields["text"], fields["feedback_id"])
    signature = signed(data, known["signing_key"], int(time.time()))
    return _posted("WEBHOOK", f"The webhook {fields['secret']}", known["url"], data, signature)


def _request(fields: dict[str, str]) -> Outcome:
    """With an idempotency key, for tools that know one: of the feedback, and of what is asked for."""
    known = _address(fields["secret"], "headers", dict)
    headers = {str(name): str(value) for name, value in known["headers"].items()}
    texts = {number: fields[name] for number in range(MOST_TEXTS) if (name := text_name(number)) in fields}
    data = filled(json.loads(fields["body"]), texts)
    asked = hashlib.sha256(f"{known['url']}\n{fields['body']}".encode()).hexdigest()[:16]
    key = {"Idempotency-Key": f"{quote(fields['feedback_id'], safe=':')}-{asked}"}
    return _posted("REQUEST", f"The tool behind {fields['secret']}", known["url"], data, {**key, **headers})


def _posted(kind: str, who: str, url: str, data: bytes, headers: Mapping[str, str]) -> Outcome:
    told = {"Content-Type": "application/json; charset=utf-8", **headers}
    try:
        reply = requests.post(url, data=data, headers=told, timeout=_TIMEOUT, allow_redirects=False)
    except requests.exceptions.InvalidHeader:
        raise PermanentError(f"{who} cannot be asked: a header in its secret is none.") from None
    except requests.RequestException as error:
        raise TransientError(f"{who} does not answer ({type(error).__name__}).") from None
    reason = f"{who} answered {reply.status_code}."
    if reply.status_code in _LATER or reply.status_code >= 500:
        return Refusal(f"{kind}_BUSY", Meaning.RETRY, (), reason)
    if not 200 <= reply.status_code < 300:
        return Refusal(f"{kind}_REFUSED", Meaning.RECORD, (), reason)
    return Written(_TOLD)


def _address(name: str, more: str, kind: type) -> dict[str, Any]:
    """`url` and `more` of a secret. The URL is a secret as well: whoever knows it can post.

    Raises PermanentError, TransientError.
    """
    try:
        known = json.loads(secret(settings.stack_name(), name))
        url, _ = str(known["url"]), known[more]
    except (ValueError, TypeError, KeyError):
        raise PermanentError(f'The secret {name} must be JSON with "url" and "{more}".') from None
    if not isinstance(known[more], kind):
        raise PermanentError(f'What the secret {name} has under "{more}" cannot be used.')
    if not url.startswith("https://"):
        raise PermanentError(f"The URL in the secret {name} must begin with https://.")
    return dict(known)


def _event(fields: dict[str, str]) -> Outcome:
    announce(settings.event_bus(), [AutomationNotice(name=fields["name"], text=fields["text"])])
    return Written(_TOLD)
