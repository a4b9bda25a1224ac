"""Telling people and programs: notices are written as records are, and go to SES, a webhook or the bus instead."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

import requests

from feedback_bridge.automation.steps import EMAIL, NOTICES, WEBHOOK
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
_TOLD = "told"


@dataclass(frozen=True)
class NoticingOrg:
    """A Salesforce org that also takes notices."""

    org: Org

    def schema(self, sobject: str, *, fresh: bool = False) -> ObjectSchema | None:
        return NOTICES.get(sobject) or self.org.schema(sobject, fresh=fresh)

    def traits(self) -> OrgTraits:
        return self.org.traits()

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
            case _:
                return _event(fields)
    except PermanentError as error:
        return Refusal("NOT_SENT", Meaning.RECORD, (), str(error))
    except TransientError as error:
        return no_answer(str(error))


def _email(fields: dict[str, str]) -> Outcome:
    sender = settings.mail_sender()
    if sender is None:
        raise PermanentError("The stack has no sender of e-mail: deploy it with the parameter MailSender.")
    to = [address.strip() for address in fields["to"].split(",") if address.strip()]
    return Written(send_mail(sender, to, " ".join(fields["subject"].split()), fields["text"]))


def _webhook(fields: dict[str, str]) -> Outcome:
    url, key = _address(fields["secret"])
    data = body(fields["format"], fields["text"], fields["feedback_id"])
    headers = {"Content-Type": "application/json; charset=utf-8", **signed(data, key, int(time.time()))}
    try:
        reply = requests.post(url, data=data, headers=headers, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        raise TransientError(f"The webhook {fields['secret']} does not answer ({type(error).__name__}).") from None
    reason = f"The webhook {fields['secret']} answered {reply.status_code}."
    if reply.status_code == 429 or reply.status_code >= 500:
        return Refusal("WEBHOOK_BUSY", Meaning.RETRY, (), reason)
    return Written(_TOLD) if reply.ok else Refusal("WEBHOOK_REFUSED", Meaning.RECORD, (), reason)


def _address(name: str) -> tuple[str, str]:
    """The URL is a secret as well: whoever knows it can post. Raises PermanentError, TransientError."""
    try:
        known = json.loads(secret(settings.stack_name(), name))
        url, key = str(known["url"]), str(known["signing_key"])
    except (ValueError, TypeError, KeyError):
        raise PermanentError(f'The secret {name} must be JSON with "url" and "signing_key".') from None
    if not url.startswith("https://"):
        raise PermanentError(f"The URL in the secret {name} must begin with https://.")
    return url, key


def _event(fields: dict[str, str]) -> Outcome:
    announce(settings.event_bus(), [AutomationNotice(name=fields["name"], text=fields["text"])])
    return Written(_TOLD)
