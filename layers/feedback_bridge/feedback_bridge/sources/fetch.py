"""Fetches the answers that an event only announced. The one module here that speaks to a network."""

import requests

from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.sources.tool import AnswersRequest, Silent, TokenRefused

TIMEOUT = (3.05, 10)
"""Seconds to connect, and between two bytes of the answer."""

MAX_BYTES = 4 * 1024 * 1024


def fetch_answers(request: AnswersRequest, token: str, session: requests.Session) -> bytes:
    """The body of the answer. `token` is the text of the secret that `request` names; its first line is sent.

    Raises TransientError while the response is not there yet (the event is often faster than the API), at a rate limit
    (with `retry_after` where the tool says it), and for whatever is wrong on the tool's side or on the way (Silent for
    no answer at all); and PermanentError for what only a person can put right (TokenRefused for a wrong token).
    """
    lines = token.split()
    if not lines:
        raise PermanentError(f"The secret {request.secret}, which should hold {request.tool}'s API token, is empty.")
    headers = {request.header: request.prefix + lines[0], "Accept": "application/json"}
    try:
        # A redirect is never followed: it would carry the token to an address that nobody configured.
        with session.get(request.url, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
            _check(answer, request)
            return _body(answer, request)
    except requests.Timeout:
        raise Silent(f"{request.tool} did not answer in time.") from None
    except requests.exceptions.InvalidURL:
        raise PermanentError(f"The address of {request.tool}'s API in the source's settings cannot be used.") from None
    except (requests.exceptions.InvalidHeader, UnicodeError):
        # These carry the header's value in their text, so nothing of them is repeated.
        raise PermanentError(f"The API token in the secret {request.secret} cannot be sent in a header.") from None
    except requests.RequestException as error:
        raise Silent(f"{request.tool} could not be reached ({type(error).__name__}).") from None


def _check(answer: requests.Response, request: AnswersRequest) -> None:
    status, tool = answer.status_code, request.tool
    if status == 200:
        return
    if status == 404:
        raise TransientError(f"{tool} does not have this response yet, or not any more (HTTP 404).")
    if status == 429:
        raise TransientError(f"{tool} asks for fewer calls (HTTP 429).", retry_after=_retry_after(answer))
    if status in (401, 403):
        raise TokenRefused(f"{tool} refuses the API token in the secret {request.secret} (HTTP {status}).")
    if status == 408 or status >= 500:
        raise TransientError(f"{tool} has trouble (HTTP {status}).", retry_after=_retry_after(answer))
    raise PermanentError(f"{tool} does not give the answers of this response (HTTP {status}).")


def _body(answer: requests.Response, request: AnswersRequest) -> bytes:
    body = b""
    for chunk in answer.iter_content(64 * 1024):
        body += chunk
        if len(body) > MAX_BYTES:
            raise PermanentError(f"{request.tool} answered with more than {MAX_BYTES} bytes.")
    return body


def _retry_after(answer: requests.Response) -> float | None:
    """Seconds (RFC 9110, section 10.2.3). The other form, a date, would need the other side's clock: it is left."""
    text = answer.headers.get("Retry-After", "").strip()
    return float(text) if text.isascii() and text.isdecimal() else None
