"""/services/oauth2: tokens by JWT bearer and client credentials, and who a token belongs to.

Errors are objects (`error`, `error_description`), unlike those of the data API.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from typing import Any

import jwt

from .http_types import RestResponse
from .org import ORG_ID, Org
from .sessions import ConnectedApp, Login, Session

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
MAX_LIFETIME_SECONDS = 300
CLOCK_SKEW_SECONDS = 30
HEADERS = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "X-Readonlymode": "false",
}


class OAuthError(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


def token(org: Org, form: dict[str, str], authorization: str | None) -> RestResponse:
    try:
        grant = form.get("grant_type")
        if grant == JWT_BEARER:
            body = _jwt_bearer(org, form.get("assertion", ""))
        elif grant == "client_credentials":
            body = _client_credentials(org, form, authorization)
        else:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
    except OAuthError as problem:
        document = {"error": problem.error, "error_description": problem.description}
        return RestResponse(400, document, dict(HEADERS))
    return RestResponse(200, body, dict(HEADERS))


def _jwt_bearer(org: Org, assertion: str) -> dict[str, Any]:
    try:
        claims = jwt.decode(assertion, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    except jwt.PyJWTError as problem:
        raise OAuthError("invalid_grant", "invalid assertion") from problem
    app = _app(org, claims.get("iss"))
    _check_signature(app, assertion)
    _check_times(claims)
    if claims.get("aud") not in (*AUDIENCES, org.url):
        raise OAuthError("invalid_grant", "audience is invalid")
    login = org.logins.get(str(claims.get("sub")))
    if login is None or not login.active or login.username not in app.authorised:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    session = org.sessions.issue(login, app.client_id)
    return {
        "access_token": session.token,
        "scope": "api web id",
        "instance_url": org.url,
        "id": _identity_url(login),
        "token_type": "Bearer",
    }


def _check_signature(app: ConnectedApp, assertion: str) -> None:
    options: jwt.types.Options = {"verify_exp": False, "verify_aud": False, "verify_iat": False, "verify_nbf": False}
    try:
        jwt.decode(assertion, app.public_key or "", algorithms=["RS256"], options=options)
    except (jwt.PyJWTError, ValueError) as problem:
        raise OAuthError("invalid_grant", "invalid assertion") from problem


def _check_times(claims: dict[str, Any]) -> None:
    """`exp` may come as a number or as text; it lies ahead, and no more than a few minutes."""
    try:
        expires = float(claims["exp"])
    except (KeyError, TypeError, ValueError) as problem:
        raise OAuthError("invalid_grant", "invalid assertion") from problem
    ahead = expires - time.time()
    if not -CLOCK_SKEW_SECONDS <= ahead <= MAX_LIFETIME_SECONDS + CLOCK_SKEW_SECONDS:
        raise OAuthError("invalid_grant", "invalid assertion")


def _client_credentials(org: Org, form: dict[str, str], authorization: str | None) -> dict[str, Any]:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization and authorization.lower().startswith("basic "):
        client_id, secret = _basic(authorization)
    app = _app(org, client_id)
    if not hmac.compare_digest(app.client_secret.encode(), secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")
    login = org.logins.get(app.run_as or "")
    if login is None or not login.active:
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    session = org.sessions.issue(login, app.client_id)
    issued_at = str(int(time.time() * 1000))
    identity = _identity_url(login)
    return {
        "access_token": session.token,
        "signature": _signature(app, identity + issued_at),
        "scope": "api web id",
        "instance_url": org.url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
        "api_instance_url": "https://api.salesforce.com",
    }


def _basic(authorization: str) -> tuple[str, str]:
    try:
        text = base64.b64decode(authorization[6:], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise OAuthError("invalid_client", "invalid client credentials") from problem
    client_id, _, secret = text.partition(":")
    return client_id, secret


def _app(org: Org, client_id: object) -> ConnectedApp:
    app = org.apps.get(str(client_id))
    if app is None:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    return app


def _signature(app: ConnectedApp, text: str) -> str:
    digest = hmac.new(app.client_secret.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _identity_url(login: Login) -> str:
    return f"https://login.salesforce.com/id/{ORG_ID}/{login.user_id}"


def user_info(org: Org, session: Session | None) -> RestResponse:
    """OpenID user info; a bad token is answered with a word, not with JSON."""
    if session is None:
        return RestResponse(403, b"Bad_OAuth_Token", {"Content-Type": "text/plain"})
    user = org.store.table(org.schema.objects["User"]).rows[session.user_id]
    return RestResponse(
        200,
        {
            "sub": _identity_url(session.login),
            "user_id": session.user_id,
            "organization_id": ORG_ID,
            "preferred_username": session.login.username,
            "nickname": user.get("CommunityNickname", user.get("Alias")),
            "name": user["Name"],
            "email": user["Email"],
            "email_verified": True,
            "given_name": user.get("FirstName"),
            "family_name": user["LastName"],
            "zoneinfo": user.get("TimeZoneSidKey", "Asia/Tokyo"),
            "user_type": "STANDARD",
            "language": user.get("LanguageLocaleKey", "ja"),
            "locale": user.get("LocaleSidKey", "ja_JP"),
            "urls": {"rest": f"{org.url}/services/data/v{{version}}/"},
            "is_app_installed": True,
        },
    )
