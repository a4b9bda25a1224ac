"""Asking the org for a token: OAuth 2.0 JWT bearer or client credentials (Salesforce Help: Authorization Flows)."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import requests

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.salesforce.http import new_http

ASSERTION_LIVES = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Token:
    """`user_id` is the integration user's, so that our own writes can be told from others'."""

    access_token: str
    instance_url: str
    user_id: str


def log_in(org: OrgDocument, credentials: str, now: datetime) -> Token:
    """`credentials` is the secret's JSON text. A refusal is transient: events wait until an admin mends it.

    Raises TransientError with the org's own description; PermanentError when the secret is not what it should be.
    """
    login_url = str(org.login_url).rstrip("/")
    form = (
        _jwt_form(login_url, _fields(org, credentials), now)
        if org.auth == "jwt_bearer"
        else _client_form(_fields(org, credentials))
    )
    try:
        reply = new_http().post(f"{login_url}/services/oauth2/token", data=form)
    except requests.RequestException as error:
        raise TransientError(f"The login of org {org.id} does not answer ({type(error).__name__}).") from error
    body = _json(reply)
    if reply.status_code != 200 or "access_token" not in body:
        told = body.get("error_description") or body.get("error") or f"HTTP {reply.status_code}"
        raise TransientError(
            f"Org {org.id} refused the login: {told}. Check the secret {org.secret} and the connected app."
        )
    return Token(body["access_token"], body["instance_url"], body["id"].rpartition("/")[2])


def _fields(org: OrgDocument, credentials: str) -> dict[str, str]:
    wanted = ("client_id", "username", "private_key") if org.auth == "jwt_bearer" else ("client_id", "client_secret")
    try:
        held = json.loads(credentials)
        return {name: str(held[name]) for name in wanted}
    except (ValueError, KeyError, TypeError) as error:
        raise PermanentError(f"The secret {org.secret} must be JSON with {', '.join(wanted)}.") from error


def _client_form(held: dict[str, str]) -> dict[str, str]:
    return {"grant_type": "client_credentials", **held}


def _jwt_form(login_url: str, held: dict[str, str], now: datetime) -> dict[str, str]:
    import jwt

    claims = {"iss": held["client_id"], "sub": held["username"], "aud": login_url, "exp": now + ASSERTION_LIVES}
    try:
        assertion = jwt.encode(claims, held["private_key"], algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise PermanentError("The private key of the org's secret cannot be read: it must be PEM.") from error
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def _json(reply: requests.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
