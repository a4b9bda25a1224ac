"""Who may do what, and how the admin API refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from feedback_bridge.runtime.admin.api import ENDPOINTS
from tests.integration.admin.calling import CONTEXT, Admin, answered, event
from tests.integration.admin.in_turn import in_turn

REFUSED_AS = "A valid token is needed: Authorization: Bearer <token>."


def a_path(rule: str) -> str:
    """A path of this rule; what it names need not exist."""
    return rule.replace("<", "").replace(">", "")


def test_every_endpoint_wants_a_token_of_its_scope(clients: dict[str, Admin]) -> None:
    rank = ["agent", "viewer", "operator", "admin"]
    for endpoint in ENDPOINTS:
        method, path = endpoint.method, a_path(endpoint.rule)
        assert Admin(None)(method, path).status == 401, path
        for name in rank[: rank.index(endpoint.scope)]:
            assert clients[name](method, path).status == 403, f"{method} {path} as {name}"
        status = clients[endpoint.scope](method, path).status
        assert status < 500, f"{method} {path}: {status}"
        assert status not in (401, 403), f"{method} {path}: {status}"


@in_turn(
    "header",
    ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer fb_unknown", "Bearer あ", "Bearer a b", "fb_unknown"],
)
def test_a_token_is_refused_in_one_way_whatever_is_wrong_with_it(stack: object, header: str) -> None:
    refused = Admin(None).get("/admin/sources", headers={"Authorization": header})
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert refused.json["detail"] == REFUSED_AS
    assert refused.headers["content-type"] == "application/problem+json"


def test_an_expired_token_is_no_token(token: Callable[..., str]) -> None:
    expired = token("admin", days=1, now=datetime.now(UTC) - timedelta(days=2))
    assert Admin(expired).get("/admin/sources").json["detail"] == REFUSED_AS
    assert Admin(token("admin", days=1)).get("/admin/sources").status == 200


def test_without_a_token_nobody_learns_which_paths_there_are(stack: object) -> None:
    assert Admin(None).get("/admin/nothing").status == 401


@in_turn("spelling", ["Authorization", "authorization", "AUTHORIZATION"])
def test_header_names_are_read_in_any_case(token: Callable[..., str], spelling: str) -> None:
    response = event("GET", "/admin/sources", {spelling: f"bearer {token('viewer')}"}, None)
    from functions.admin_api.app import handler

    assert answered(handler(response, CONTEXT)).status == 200


def test_an_unknown_path_is_404_and_a_wrong_method_405_that_names_the_right_ones(admin: Admin) -> None:
    assert admin.get("/admin/nothing").status == 404
    assert admin.get("/admin/unicorns/one").status == 404
    wrong = admin.delete("/admin/status")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET")
    assert admin.put("/admin/sources/a/publish", {}).headers["allow"] == "POST"
    for answer in (wrong, admin.get("/admin/nothing")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status


def test_a_token_learns_its_own_scope(clients: dict[str, Admin]) -> None:
    told = clients["operator"].get("/admin/token").json
    assert (told["name"], told["scope"]) == ("operator-token", "operator")


def test_an_unforeseen_error_tells_nothing_of_itself(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUES", "not json: secret-detail")
    answer = admin.get("/admin/status")
    assert answer.status == 500
    assert "secret-detail" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"
