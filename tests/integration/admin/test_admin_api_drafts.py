"""Drafts: saved as they are sent, guarded by etags, with their problems told by path."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import MAPPING, TYPEFORM
from tests.integration.admin.in_turn import in_turn

ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    ["kind", "id", "type", "secret", "nps", "source", "on", "when", "write", "then", "login_url", "all"]
)
ANY_DOCUMENT = st.dictionaries(KEYS | st.text(max_size=5), ANY_JSON, max_size=8)


def test_a_draft_is_saved_with_its_problems_told_by_path(admin: Admin) -> None:
    saved = admin.put("/admin/sources/survey", {"kind": "source", "id": "survey", "type": "typeform", "sekret": "x"})
    assert saved.status == 201
    assert saved.problems == {"secret": "is required", "sekret": "is not a known setting"}
    shown = admin.get("/admin/sources/survey")
    assert shown.json["draft"]["document"]["sekret"] == "x"
    assert shown.json["draft"]["problems"] == saved.json["problems"]
    assert shown.json["published"] is None
    assert shown.headers["etag"] == saved.headers["etag"] == f'"{saved.json["etag"]}"'


def test_saving_again_is_200_and_names_who_saved(admin: Admin) -> None:
    assert admin.put("/admin/sources/typeform-main", TYPEFORM).status == 201
    again = admin.put("/admin/sources/typeform-main", TYPEFORM)
    assert (again.status, again.json["saved_by"]) == (200, "admin-token")


def test_the_id_in_the_document_must_be_the_one_in_the_address(admin: Admin) -> None:
    saved = admin.put("/admin/sources/other", TYPEFORM)
    assert saved.problems == {"id": "must be other, as in the address"}
    assert admin.put("/admin/sources/Not-An-Id", TYPEFORM).status == 422
    assert admin.get("/admin/sources/Not-An-Id").status == 404


def test_a_secret_that_does_not_exist_is_a_problem_that_says_how_to_set_it(admin: Admin) -> None:
    saved = admin.put("/admin/sources/typeform-main", {**TYPEFORM, "secret": "forgotten"})
    assert saved.problems == {
        "secret": "there is no secret named forgotten: set it with `bridge secrets set forgotten`"
    }


def test_a_mapping_of_unknown_sources_and_orgs_says_so(admin: Admin, typeform: object) -> None:
    saved = admin.put("/admin/mappings/nps-to-contact", {**MAPPING, "source": ["typeform-main", "qualtrics-main"]})
    assert saved.problems == {
        "source[1]": "there is no source named qualtrics-main",
        "write.org": "there is no org named production",
    }


def test_a_document_may_be_yaml(admin: Admin) -> None:
    text = (
        "kind: source\nid: typeform-main\ntype: typeform\nsecret: typeform-main\n"
        "# 日本語のコメント\nnps: {score: answers.点数.value}\n"
    )
    saved = admin.put("/admin/sources/typeform-main", text.encode(), content_type="application/yaml")
    assert saved.json["problems"] == []
    assert admin.get("/admin/sources/typeform-main").json["draft"]["document"]["nps"] == {"score": "answers.点数.value"}


def test_yaml_key_on_is_a_word_and_no_boolean(admin: Admin) -> None:
    admin.put("/admin/mappings/m", b"kind: mapping\nid: m\non: survey_response\n", content_type="text/yaml")
    assert admin.get("/admin/mappings/m").json["draft"]["document"]["on"] == "survey_response"


NO_DOCUMENTS: list[tuple[bytes, str, int]] = [
    (b"{", "application/json", 400),
    (b'{"a": NaN}', "application/json", 400),
    (b'{"a": 1, "a": 2}', "application/json", 400),
    (b"\xff\xfe", "application/json", 400),
    (b"", "application/json", 400),
    (b"[" * 5000, "application/json", 400),
    (b'{"a": ' + b"9" * 6000 + b"}", "application/json", 400),
    (b"a: [", "application/yaml", 400),
    (b"a: *b", "application/yaml", 400),
    (b"a: 1\n---\nb: 1", "application/yaml", 400),
    (b"[1, 2]", "application/json", 422),
    (b'"text"', "application/json", 422),
    (b"null", "application/json", 422),
    (b"{}", "text/html", 415),
    (b"{}", "application/x-www-form-urlencoded", 415),
    (json.dumps({"a": "x" * 300_000}).encode(), "application/json", 413),
    (b" " * 1_100_000 + b"{}", "application/json", 413),
]


def test_what_is_no_document_is_refused_and_leaves_nothing(admin: Admin) -> None:
    for body, content_type, status in NO_DOCUMENTS:
        refused = admin.put("/admin/sources/typeform-main", body, content_type=content_type)
        assert refused.status == status, (body[:50], content_type)
        assert refused.headers["content-type"] == "application/problem+json"
        assert admin.get("/admin/sources/typeform-main").status == 404


def test_aliases_cannot_unfold_into_gigabytes(admin: Admin) -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [f"{to}: &{to} [{','.join([f'*{of}'] * 9)}]" for of, to in zip("abcdefgh", "bcdefghi", strict=True)]
    refused = admin.put("/admin/sources/a", "\n".join(lines).encode(), content_type="application/yaml")
    assert refused.status == 400


@pytest.mark.parametrize("plural", ["sources", "orgs", "mappings"])
def test_any_json_object_is_a_draft_with_problems_and_anything_else_is_refused(admin: Admin, plural: str) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(body=ANY_DOCUMENT | ANY_JSON)
    def holds(body: Any) -> None:
        before = admin.get(f"/admin/{plural}/any").text
        answer = admin.put(f"/admin/{plural}/any", json.dumps(body).encode())
        after = admin.get(f"/admin/{plural}/any")
        if isinstance(body, dict):
            assert answer.status in (200, 201), answer.text
            assert answer.json["problems"], body
            assert all(problem.keys() == {"path", "message"} for problem in answer.json["problems"])
            assert after.json["draft"]["document"] == body
            assert admin.post(f"/admin/{plural}/any/publish").status == 422
        else:
            assert answer.status == 422
            assert after.text == before

    holds()


def test_a_stale_etag_is_a_conflict_and_changes_nothing(admin: Admin) -> None:
    first = admin.put("/admin/sources/typeform-main", TYPEFORM)
    second = admin.put(
        "/admin/sources/typeform-main", {**TYPEFORM, "nps": {}}, headers={"If-Match": first.headers["etag"]}
    )
    assert second.status == 200
    stale = admin.put("/admin/sources/typeform-main", TYPEFORM, headers={"if-match": first.headers["etag"]})
    assert stale.status == 409
    assert admin.get("/admin/sources/typeform-main").headers["etag"] == second.headers["etag"]
    assert admin.delete("/admin/sources/typeform-main", headers={"If-Match": first.headers["etag"]}).status == 409
    assert admin.delete("/admin/sources/typeform-main", headers={"If-Match": second.headers["etag"]}).status == 204


def test_if_none_match_makes_only_what_is_not_there(admin: Admin) -> None:
    only_new = {"If-None-Match": "*"}
    assert admin.put("/admin/sources/typeform-main", TYPEFORM, headers=only_new).status == 201
    assert admin.put("/admin/sources/typeform-main", TYPEFORM, headers=only_new).status == 409


def test_an_edit_of_what_is_not_there_is_a_conflict(admin: Admin) -> None:
    assert admin.put("/admin/sources/typeform-main", TYPEFORM, headers={"If-Match": "*"}).status == 409
    assert admin.get("/admin/sources/typeform-main").status == 404


def test_a_list_is_read_page_by_page_to_its_end(admin: Admin) -> None:
    names = [f"source-{number:02}" for number in range(7)]
    for name in names:
        admin.put(f"/admin/sources/{name}", {**TYPEFORM, "id": name})
    seen, cursor = [], ""
    while cursor is not None:
        page = admin.get(f"/admin/sources?limit=3{f'&cursor={cursor}' if cursor else ''}").json
        assert len(page["items"]) <= 3
        seen += [item["id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == names


@in_turn("query", ["limit=0", "limit=x", "limit=-1", "cursor=x", "cursor=e30=", "cursor=%F0%9F%98%80"])
def test_a_list_is_not_asked_for_nonsense(admin: Admin, query: str) -> None:
    assert admin.get(f"/admin/sources?{query}").status == 422
