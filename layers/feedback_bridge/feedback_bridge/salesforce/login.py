"""Asking the org for a token: OAuth 2.0 JWT bearer or client credentials (Salesforce Help: Authorization Flows)."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import requests

from feedback_bridge.config.org import OrgDocument
from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused
from feedback_bridge.errors import TransientError

ASSERTION_LIVES = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class Token:
    """`user_id` is the integration user's, so that our own writes can be told from others'."""

    access_token: str = field(repr=False)
    instance_url: str
    user_id: str


def log_in(org: OrgDocument, credentials: str, now: datetime, http: requests.Session) -> Token:
    """`credentials` is the secret's JSON text. Whatever is wrong with it, events wait until an admin mends it.

    Raises TransientError, with the org's own description of a refusal, and Refused when the secret cannot be used. What
    they were raised for may hold the secret, and is not chained to them.
    """
    login_url = str(org.login_url).rstrip("/")
    form = _jwt_form(org, credentials, login_url, now) if org.auth == "jwt_bearer" else _client_form(org, credentials)
    try:
        reply = http.post(f"{login_url}/services/oauth2/token", data=form, allow_redirects=False)
    except requests.RequestException as error:
        raise TransientError(f"The login of org {org.id} does not answer ({type(error).__name__}).") from None
    body = _json(reply)
    if reply.status_code != 200 or not {"access_token", "instance_url", "id"} <= body.keys():
        told = body.get("error_description") or body.get("error") or f"HTTP {reply.status_code}"
        raise TransientError(
            f"Org {org.id} refused the login: {told}. Check the secret {org.secret} and the connected app."
        )
    return Token(body["access_token"], body["instance_url"], body["id"].rpartition("/")[2])


def _held(org: OrgDocument, credentials: str, *wanted: str) -> dict[str, str]:
    try:
        held = json.loads(credentials)
        return {name: str(held[name]) for name in wanted}
    except (ValueError, KeyError, TypeError):
        raise unusable(f"The secret {org.secret} must be JSON with {', '.join(wanted)}.") from None


def _client_form(org: OrgDocument, credentials: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", **_held(org, credentials, "client_id", "client_secret")}


def _jwt_form(org: OrgDocument, credentials: str, login_url: str, now: datetime) -> dict[str, str]:
    import jwt

    held = _held(org, credentials, "client_id", "username", "private_key")
    claims = {"iss": held["client_id"], "sub": held["username"], "aud": login_url, "exp": now + ASSERTION_LIVES}
    try:
        assertion = jwt.encode(claims, held["private_key"], algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise unusable(f"The private key in the secret {org.secret} cannot be read: it must be PEM.") from None
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}


def unusable(reason: str) -> Refused:
    return Refused(Refusal("SECRET_UNUSABLE", Meaning.MAPPING, (), reason), 401)


def _json(reply: requests.Response) -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
