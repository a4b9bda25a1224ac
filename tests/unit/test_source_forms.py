"""Forms of landing pages, in the encodings that forms have."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_bridge.config.problem import InvalidDocument
from feedback_bridge.feedback.model import Feedback
from feedback_bridge.sources.multipart import multipart_fields
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import Request, Unreadable, UnsupportedType, Unverified

SMARTLP = Path(__file__).parents[2] / "events/sources/smartlp"
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "----SmartLPFormBoundary7MA4YWxkTrZu0gW"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"

RESPONDENT = {
    "email": "hanako.sato@example.jp",
    "name": "佐藤 花子",
    "first_name": "花子",
    "last_name": "佐藤",
    "phone": "045-123-4567",
    "company": "株式会社みなと",
}
FIELDS = {
    "会社名": "株式会社みなと",
    "姓": "佐藤",
    "名": "花子",
    "メールアドレス": "Hanako.Sato@Example.jp",
    "電話番号": "０４５-１２３-４５６７",
    "ご興味": ["CRM", "アンケート"],
    "同意": "true",
}


def source(**settings: Any) -> Any:
    return parse_source({"id": "lp", "type": "smartlp", "secret": "lp", **settings})


def feedback_of(body: bytes, content_type: str, **settings: Any) -> Feedback:
    (event,) = tool("smartlp").events(body, content_type, source(**settings))
    return tool("smartlp").read(event, source(**settings), NOW)


@pytest.mark.parametrize(
    ("file", "content_type"),
    [
        ("lead.form.txt", FORM),
        ("lead.shift_jis.txt", f"{FORM}; charset=Shift_JIS"),
        ("lead.multipart.txt", MULTIPART),
        ("lead.json", "application/json"),
    ],
)
def test_a_lead_is_the_same_in_every_encoding(file: str, content_type: str) -> None:
    document = feedback_of((SMARTLP / file).read_bytes(), content_type).to_document()
    assert document["type"] == "form_submission"
    assert document["respondent"] == RESPONDENT
    assert {name: document["form"].get(name) for name in FIELDS} == FIELDS
    assert "備考" not in document["form"]


def test_a_file_is_told_of_and_left_where_it_is() -> None:
    form = feedback_of((SMARTLP / "lead.multipart.txt").read_bytes(), MULTIPART).form
    assert form["名刺"] == {"filename": "meishi.png", "content_type": "image/png", "bytes": 7}


def test_a_form_with_an_id_and_a_time_of_its_own_has_them() -> None:
    fields = {"id": "submission_id", "occurred_at": "submitted_at", "survey_name": "page"}
    feedback = feedback_of((SMARTLP / "lead.json").read_bytes(), "application/json", fields=fields)
    assert feedback.id == "lp:lp-20261120-0042"
    assert feedback.occurred_at == datetime(2026, 11, 20, 9, 40, tzinfo=UTC)
    assert feedback.survey.name == "crm-webinar"


def test_the_settings_go_before_the_names_of_the_fields() -> None:
    feedback = feedback_of(
        b'{"name": "Contact form", "who": "Grace Hopper"}', "application/json", fields={"name": "who"}
    )
    assert feedback.respondent.name == "Grace Hopper"


@pytest.mark.parametrize(
    ("settings", "query", "valid"),
    [
        ({}, {"key": "s3cret"}, True),
        ({}, {"key": "other"}, False),
        ({}, {}, False),
        ({"shared_secret": {"header": "X-Key"}}, {"key": "s3cret"}, False),
        ({"signature": {"header": "X-Signature"}}, {"key": "s3cret"}, False),
    ],
)
def test_the_secret_is_in_the_address_unless_the_settings_say_otherwise(
    settings: dict[str, Any], query: dict[str, str], valid: bool
) -> None:
    request = Request("POST", {}, b"", query)
    if valid:
        tool("smartlp").verify(request, source(**settings), ["s3cret"], NOW)
    else:
        with pytest.raises(Unverified):
            tool("smartlp").verify(request, source(**settings), ["s3cret"], NOW)


@pytest.mark.parametrize("secret", [{}, {"header": "X-Key", "query": "key"}, {"query": "a b"}])
def test_a_secret_has_exactly_one_place(secret: dict[str, str]) -> None:
    with pytest.raises(InvalidDocument):
        source(shared_secret=secret)


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "iso-2022-jp", "x-mac-japanese", "rot13"])
def test_other_charsets_are_refused(charset: str) -> None:
    with pytest.raises(UnsupportedType):
        feedback_of(b"a=1", f"{FORM}; charset={charset}")


def test_bytes_of_another_charset_than_the_form_names_are_refused() -> None:
    with pytest.raises(Unreadable):
        feedback_of((SMARTLP / "lead.shift_jis.txt").read_bytes(), FORM)


def part(name: str, value: str, extra: str = "") -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n{value}\r\n'


END = f"--{BOUNDARY}--\r\n"


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"'), min_size=1),
            st.text(st.characters(exclude_categories=["Cs"])),
        ),
        min_size=1,
    )
)
def test_every_form_comes_back_from_its_parts(pairs: list[tuple[str, str]]) -> None:
    body = "".join(part(name, value) for name, value in pairs) + END
    expected: dict[str, list[str]] = {}
    for name, value in pairs:
        expected.setdefault(name, []).append(value)
    found = multipart_fields(body.encode(), MULTIPART)
    assert {name: value if isinstance(value, list) else [value] for name, value in found.items()} == expected


@pytest.mark.parametrize(
    "body",
    [
        "",
        part("a", "1"),
        "preamble\r\n" + part("a", "1") + END,
        part("a", "1") + END + "epilogue",
        part("a", "1").replace("\r\n", "\n") + END,
        f"--{BOUNDARY}\r\n\r\nno headers\r\n{END}",
        f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nno disposition\r\n{END}",
        f'--{BOUNDARY}\r\nContent-Disposition: attachment; name="a"\r\n\r\n1\r\n{END}',
        part("a", "1", '\r\nContent-Disposition: form-data; name="b"') + END,
        part("a", "MQ==", "\r\nContent-Transfer-Encoding: base64") + END,
        part("a", "1", "\r\nX: " + "x" * 5000) + END,
        part("a", "1") * 1001 + END,
    ],
    ids=range(12),
)
def test_a_multipart_body_of_another_shape_is_refused(body: str) -> None:
    with pytest.raises(Unreadable):
        multipart_fields(body.encode(), MULTIPART)


def test_a_form_without_fields_is_empty() -> None:
    assert multipart_fields(END.encode(), MULTIPART) == {}


@pytest.mark.parametrize("boundary", ["", "x" * 71, "a b", 'x"y', "日本"])
def test_a_boundary_that_is_none_is_refused(boundary: str) -> None:
    with pytest.raises(Unreadable):
        multipart_fields(b"", f"multipart/form-data; boundary={boundary}")


def test_a_value_may_hold_what_only_looks_like_the_boundary() -> None:
    assert multipart_fields((part("a", f"--{BOUNDARY}x\r\n--{BOUNDARY}y") + END).encode(), MULTIPART) == {
        "a": f"--{BOUNDARY}x\r\n--{BOUNDARY}y"
    }


@given(st.binary(max_size=300))
def test_any_bytes_between_two_boundaries_are_read_or_refused(content: bytes) -> None:
    body = f"--{BOUNDARY}\r\n".encode() + content + f"\r\n{END}".encode()
    try:
        multipart_fields(body, MULTIPART)
    except (Unreadable, UnsupportedType):
        return
