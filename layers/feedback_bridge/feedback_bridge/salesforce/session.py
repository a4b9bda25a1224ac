"""simple-salesforce with what it lacks: time-outs, one re-login shared by all workers, kept headers, our errors."""

import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from simple_salesforce.api import Salesforce
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.exceptions import SSLError as UrllibSSLError

from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.errors import TransientError
from feedback_bridge.salesforce.login import Token
from feedback_bridge.salesforce.quota import Quota
from feedback_bridge.salesforce.refusals import refusal_of_all

_EXPIRED = "Session expired or invalid"

REQUEST_FAULTS = frozenset({400, 413, 414, 431})
"""A request refused with one of these is wrong as it is, perhaps for one of its records."""

_LIMITS = frozenset({Meaning.PARK, Meaning.SLOW_DOWN})


class NotSent(TransientError):
    """Salesforce has not carried out anything of the request: it never got it, or did not let us in."""


class TimedOut(TransientError):
    """Salesforce took longer than we wait."""


class GaveUp(TransientError):
    """Salesforce itself says that it failed: it may have written something before that, and writes nothing more."""


class Session(Salesforce):
    """`renew(token)` gives a token other than the expired one; `quota` hears of the day's API calls."""

    def __init__(
        self,
        token: Token,
        api_version: str,
        http: requests.Session,
        renew: Callable[[Token], Token],
        quota: Quota,
    ) -> None:
        self._renew = renew
        self._quota = quota
        self.calls = 0
        """Requests so far, for whoever reports what some work has cost."""
        super().__init__(
            session_id=token.access_token, instance_url=token.instance_url, version=api_version, session=http
        )
        self._wear(token)

    def ask(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON that a resource below /services/data/vXX.X/ answers; None for an empty answer.

        Raises Refused; NotSent, or TransientError where nobody knows what became of the request.
        """
        data = None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        reply = self._call_salesforce(method, self.base_url + path, data=data, headers=headers or {})
        return self.parse_result_to_json(reply) if reply.content else None

    def parse_result_to_json(self, result: requests.Response) -> Any:
        """As simple-salesforce calls it, for its own methods too. Raises TransientError."""
        try:
            return json.loads(result.content)
        except ValueError:
            raise unreadable() from None

    def _wear(self, token: Token) -> None:
        """An org that was moved answers at another instance from its next login on."""
        self.token = token
        self.sf_instance = urlsplit(token.instance_url).netloc
        self.base_url = f"https://{self.sf_instance}/services/data/v{self.sf_version}/"
        self.bulk2_url = f"{self.base_url}jobs/"
        self.session_id = token.access_token
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token.access_token}"}

    def _call_salesforce(
        self, method: str, url: str, name: str = "", retries: int = 0, max_retries: int = 3, **options: Any
    ) -> requests.Response:
        """Every call of simple-salesforce comes through here. Raises as `ask` does."""
        own = options.pop("headers", {})
        reply = self._send(method, url, own, options)
        if reply.status_code == 401 and _expired(reply):
            url = url.replace(self._refresh(), f"https://{self.sf_instance}/", 1)
            if hasattr(options.get("data"), "seek"):
                options["data"].seek(0)
            reply = self._send(method, url, own, options)
        self._note_usage(reply)
        if reply.status_code < 300:
            return reply
        error = _refused(reply)
        if isinstance(error, Refused) and _no_calls_left(error.refusal):
            self._quota.exhausted()
        raise error

    def _refresh(self) -> str:
        """Where the org answered until now. Raises NotSent, Refused."""
        before = f"https://{self.sf_instance}/"
        try:
            self._wear(self._renew(self.token))
        except TransientError as error:
            raise NotSent(str(error)) from None
        return before

    def _send(self, method: str, url: str, own: Mapping[str, str], options: dict[str, Any]) -> requests.Response:
        """A redirect is no answer: following one would make a GET of a POST.

        The errors of requests name the address they were for, so they are not chained to ours.
        """
        headers = {**self.headers, **own}
        self.calls += 1
        try:
            return self.session.request(method, url, headers=headers, allow_redirects=False, **options)
        except requests.RequestException as error:
            raise _unanswered(error)(f"Salesforce did not answer ({type(error).__name__}).") from None

    def _note_usage(self, reply: requests.Response) -> None:
        usage = reply.headers.get("Sforce-Limit-Info", "").partition(";")[0].partition("api-usage=")[2]
        used, slash, most = usage.partition("/")
        if slash and used.isdigit() and most.isdigit():
            self._quota.note(int(used), int(most))


def unreadable() -> TransientError:
    """For an answer that is not what Salesforce answers: something may have been written all the same."""
    return TransientError("Salesforce gave an answer that cannot be read.")


def _unanswered(error: requests.RequestException) -> type[TransientError]:
    """Without a connection nothing was sent; a request that went out may have been carried out, also where TLS broke
    off afterwards.
    """
    if isinstance(error, requests.exceptions.ProxyError | requests.ConnectTimeout):
        return NotSent
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return NotSent
    if isinstance(reason, UrllibSSLError) and isinstance(reason.args[0], ssl.SSLCertVerificationError):
        return NotSent
    return TimedOut if isinstance(error, requests.Timeout) else TransientError


def _no_calls_left(refusal: Refusal) -> bool:
    return refusal.code == "REQUEST_LIMIT_EXCEEDED" and refusal.meaning is Meaning.PARK


def _errors(reply: requests.Response) -> list[dict[str, Any]]:
    """Salesforce's error array; empty for what is none (414 and 431 are HTML, gateways send what they like)."""
    try:
        body = json.loads(reply.content)
    except ValueError:
        return []
    errors = body if isinstance(body, list) else [body]
    return errors if all(isinstance(error, dict) and "errorCode" in error for error in errors) else []


def _expired(reply: requests.Response) -> bool:
    """Any 401 is met with a new login, but for a session that is good and may not use the API."""
    return not any(
        error["errorCode"] == "INVALID_SESSION_ID" and _EXPIRED not in str(error.get("message"))
        for error in _errors(reply)
    )


def _refused(reply: requests.Response) -> Exception:
    """What the server failed at may have been done before it failed; what it refused was not.

    An error that is not in Salesforce's own form may be a gateway's, which does not know what happens behind it.
    """
    status = reply.status_code
    errors = _errors(reply)
    refusal = refusal_of_all(errors) if errors else None
    if refusal and (status < 500 or refusal.meaning in _LIMITS):
        return Refused(refusal, status)
    if status >= 500 or status in (408, 420, 429):
        kind = GaveUp if refusal else TransientError
        return kind(f"Salesforce is not available ({refusal.code if refusal else f'HTTP {status}'}).")
    meaning = Meaning.LOG_IN if status == 401 else Meaning.RECORD if status in REQUEST_FAULTS else Meaning.RETRY
    return Refused(Refusal(f"HTTP_{status}", meaning, (), "Salesforce refused the request."), status)
