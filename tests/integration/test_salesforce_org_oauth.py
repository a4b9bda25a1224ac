"""Logging in: both flows, their refusals, and sessions that end."""

from __future__ import annotations

import base64
import time
from typing import Any

import jwt
import pytest
import requests

from local.salesforce_org.certificates import new_rsa_key
from local.salesforce_org.rest_client import TIMEOUT_SECONDS, RestClient
from local.salesforce_org.running import RunningOrg

pytest_plugins = ["tests.integration.salesforce_org_server"]
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def token(bare_org: RunningOrg, form: dict[str, str], **more: Any) -> requests.Response:
    session = requests.Session()
    session.trust_env = False
    return session.post(
        f"{bare_org.url}/services/oauth2/token", data=form, verify=bare_org.ca_file, timeout=TIMEOUT_SECONDS, **more
    )


def assertion(bare_org: RunningOrg, *, key: str | None = None, **claims: Any) -> str:
    app = bare_org.credentials["integration"]
    body = {
        "iss": app["client_id"],
        "sub": app["username"],
        "aud": "https://login.salesforce.com",
        "exp": str(int(time.time()) + 180),
        **claims,
    }
    return jwt.encode(body, key or app["private_key"], algorithm="RS256")


def by_jwt(bare_org: RunningOrg, **more: Any) -> requests.Response:
    return token(bare_org, {"grant_type": JWT_BEARER, "assertion": assertion(bare_org, **more)})


def refusal(answer: requests.Response) -> tuple[str, str]:
    assert answer.status_code == 400
    body = answer.json()
    return body["error"], body["error_description"]


def test_a_signed_assertion_gets_a_session_that_works(bare_org: RunningOrg) -> None:
    body = by_jwt(bare_org).json()
    assert list(body) == ["access_token", "scope", "instance_url", "id", "token_type"]
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    found = requests.Session()
    found.trust_env = False
    answer = found.get(
        f"{body['instance_url']}/services/data/v62.0/limits",
        headers=headers,
        verify=bare_org.ca_file,
        timeout=TIMEOUT_SECONDS,
    )
    assert answer.status_code == 200


def test_client_credentials_are_taken_from_the_form_and_from_the_basic_header(bare_org: RunningOrg) -> None:
    app = bare_org.credentials["admin"]
    form = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    in_form = token(bare_org, {"grant_type": "client_credentials", **form})
    basic = base64.b64encode(f"{app['client_id']}:{app['client_secret']}".encode()).decode()
    in_header = token(bare_org, {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {basic}"})
    for answer in (in_form, in_header):
        assert answer.status_code == 200
        body = answer.json()
        assert list(body) == [
            "access_token",
            "signature",
            "scope",
            "instance_url",
            "id",
            "token_type",
            "issued_at",
            "api_instance_url",
        ]
        assert isinstance(body["issued_at"], str)
        assert "expires_in" not in body
        assert "Sforce-Limit-Info" not in answer.headers


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"iss": "nobody"}, ("invalid_client_id", "client identifier invalid")),
        ({"sub": "stranger@example.com"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"sub": "admin@feedback-bridge.example"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"aud": "https://example.com"}, ("invalid_grant", "audience is invalid")),
        ({"exp": int(time.time()) - 120}, ("invalid_grant", "invalid assertion")),
        ({"exp": int(time.time()) + 4000}, ("invalid_grant", "invalid assertion")),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(
    bare_org: RunningOrg, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal(by_jwt(bare_org, **change)) == expected


def test_an_assertion_signed_with_another_key_is_refused(bare_org: RunningOrg) -> None:
    assert refusal(by_jwt(bare_org, key=new_rsa_key())) == ("invalid_grant", "invalid assertion")
    assert refusal(token(bare_org, {"grant_type": JWT_BEARER, "assertion": "junk"}))[1] == "invalid assertion"


def test_a_wrong_secret_a_wrong_grant_and_a_json_body_are_refused(bare_org: RunningOrg) -> None:
    app = bare_org.credentials["admin"]
    form = {"grant_type": "client_credentials", "client_id": app["client_id"]}
    assert refusal(token(bare_org, {**form, "client_secret": "guess"})) == (
        "invalid_client",
        "invalid client credentials",
    )
    unsupported = ("unsupported_grant_type", "grant type not supported")
    assert refusal(token(bare_org, {"grant_type": "password"})) == unsupported
    session = requests.Session()
    session.trust_env = False
    as_json = session.post(
        f"{bare_org.url}/services/oauth2/token", json=form, verify=bare_org.ca_file, timeout=TIMEOUT_SECONDS
    )
    assert refusal(as_json) == unsupported


def test_a_user_who_was_deactivated_cannot_log_in_and_loses_the_session(integration: RestClient) -> None:
    bare_org = integration.org
    username = bare_org.credentials["integration"]["username"]
    bare_org.control("PUT", f"/users/{username}", {"active": False})
    try:
        assert integration.get("/limits").status_code == 401
        assert refusal(by_jwt(bare_org))[0] == "invalid_grant"
    finally:
        bare_org.control("PUT", f"/users/{username}", {"active": True})


def test_an_expired_session_is_told_so_and_a_new_login_goes_on(admin: RestClient) -> None:
    assert admin.get("/limits").status_code == 200
    admin.org.control("POST", "/sessions/expire")
    answer = admin.get("/limits")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert "Sforce-Limit-Info" not in answer.headers
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert RestClient(admin.org, "admin").get("/limits").status_code == 200


def test_sessions_end_by_themselves_after_their_lifetime(bare_org: RunningOrg) -> None:
    bare_org.control("PATCH", "/sessions", {"lifetime_seconds": 0.05})
    try:
        api = RestClient(bare_org, "admin")
        time.sleep(0.1)
        assert api.get("/limits").status_code == 401
    finally:
        bare_org.control("PATCH", "/sessions", {"lifetime_seconds": 7200})


def test_user_info_names_the_user_behind_the_token(integration: RestClient) -> None:
    body = integration.get("/services/oauth2/userinfo").json()
    assert body["preferred_username"] == integration.org.credentials["integration"]["username"]
    assert len(body["user_id"]) == 18
    integration.session.headers["Authorization"] = "Bearer nonsense"
    assert integration.get("/services/oauth2/userinfo").status_code == 403
