"""simple-salesforce with what it lacks: time-outs, one re-login shared by all workers, kept headers, our errors."""

from collections.abc import Callable
from typing import Any

import requests
from simple_salesforce.api import Salesforce

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.errors import TransientError
from feedback_bridge.salesforce.errors import refusal_of_all
from feedback_bridge.salesforce.login import Token

_EXPIRED = "Session expired or invalid"
"""Any other INVALID_SESSION_ID ("not valid for use with the REST API") is no matter of logging in again."""


class Session(Salesforce):
    """`renew(token)` gives a token other than the expired one; `used(calls, limit)` hears of the day's API calls."""

    def __init__(
        self,
        token: Token,
        api_version: str,
        http: requests.Session,
        renew: Callable[[Token], Token],
        used: Callable[[int, int], None],
    ) -> None:
        self._renew = renew
        self._used = used
        super().__init__(
            session_id=token.access_token,
            instance_url=token.instance_url,
            version=api_version,
            session=http,
            object_pairs_hook=dict,
        )
        self._wear(token)

    def _wear(self, token: Token) -> None:
        self.token = token
        self.session_id = token.access_token
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token.access_token}"}

    def _call_salesforce(
        self, method: str, url: str, name: str = "", retries: int = 0, max_retries: int = 3, **options: Any
    ) -> requests.Response:
        """Every call of simple-salesforce comes through here. Raises Refused, or TransientError without an answer."""
        own = options.pop("headers", {})
        reply = self._send(method, url, own, options)
        if _expired(reply):
            self._wear(self._renew(self.token))
            reply = self._send(method, url, own, options)
        self._note_usage(reply)
        if reply.status_code >= 300:
            raise _refused(reply)
        return reply

    def _send(self, method: str, url: str, own: dict[str, str], options: dict[str, Any]) -> requests.Response:
        try:
            return self.session.request(method, url, headers={**self.headers, **own}, **options)
        except requests.RequestException as error:
            raise TransientError(f"Salesforce did not answer ({type(error).__name__}).") from error

    def _note_usage(self, reply: requests.Response) -> None:
        usage = reply.headers.get("Sforce-Limit-Info", "").partition(";")[0].partition("api-usage=")[2]
        used, slash, most = usage.partition("/")
        if slash and used.isdigit() and most.isdigit():
            self._used(int(used), int(most))


def _expired(reply: requests.Response) -> bool:
    return reply.status_code == 401 and _EXPIRED in reply.text


def _refused(reply: requests.Response) -> Exception:
    """Error arrays become Refused; what is no JSON (414 and 431 are HTML) is told by its status."""
    try:
        body = reply.json()
    except ValueError:
        body = None
    errors = body if isinstance(body, list) else [body]
    if all(isinstance(error, dict) and "errorCode" in error for error in errors):
        refusal = refusal_of_all(errors)
        if reply.status_code >= 500 and refusal.meaning is Meaning.RECORD:
            return TransientError(f"Salesforce failed ({refusal.code}).")
        return Refused(refusal, reply.status_code)
    if reply.status_code >= 500 or reply.status_code in (408, 420, 429):
        return TransientError(f"Salesforce is not available (HTTP {reply.status_code}).")
    return Refused(
        Refusal(f"HTTP_{reply.status_code}", Meaning.RECORD, (), "Salesforce refused the request."), reply.status_code
    )
