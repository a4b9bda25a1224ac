"""The API as its own OpenAPI document tells it, fuzzed over HTTP against the real functions: whatever is sent, what
comes back is one of the answers that the document promises, in its shape, and never a fault of ours."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import settings as environment
from feedback_bridge.runtime.admin.api import ENDPOINTS
from feedback_bridge.runtime.openapi.document import document
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import MAPPING, set_secret
from tests.integration.admin.test_admin_api_samples import keep, response
from tests.integration.web_front import web_front
from tests.outbound_message import ORGANIZATION

EXAMPLES = 6
NOW = datetime.now(UTC)
KEY = "k3y"
FORM = {"kind": "source", "id": "form", "type": "smartlp", "secret": "key"}
KNOWN = {
    "document_id": ["typeform-main", "production", "nps-to-contact"],
    "org_id": ["production"],
    "org": ["production"],
    "source": ["form"],
    "sobject": ["Contact"],
    "feedback_id": ["typeform-main:t1", "typeform-main:unreadable-1"],
    "delivery_id": ["typeform-main:t1~nps-to-contact"],
    "kind": ["mapping", "sources"],
    "number": ["1"],
}
"""What is there, so that not everything ends at 404."""

LAST = ("delete", "erasures")
"""What takes things away comes after what looks at them."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
GENTLY = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture
def url(admin: Admin, typeform: Any, production: dict[str, Any]) -> Iterator[str]:
    set_secret("key", KEY)
    outbound = {"organization_id": ORGANIZATION, "secret": "key"}
    assert admin.put("/admin/orgs/production", {**production, "outbound_messages": outbound}).status == 200
    assert admin.post("/admin/orgs/production/publish").status == 200
    for kind, sent in (("mappings", MAPPING), ("sources", FORM)):
        assert admin.put(f"/admin/{kind}/{sent['id']}", sent).json["problems"] == []
        assert admin.post(f"/admin/{kind}/{sent['id']}/publish").status == 200
    keep("t1", response("t1"))
    keep("unreadable-1", b"{}")
    delivery = Delivery("typeform-main:t1", "nps-to-contact", "typeform-main", "failed", NOW, NOW, "理由")
    Deliveries(environment.delivery_table()).put_all([delivery])
    with web_front() as served:
        yield served


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(document(ENDPOINTS))
    found = [result.ok() for result in schema.get_all_operations()]
    return sorted(found, key=lambda item: any(word in item.label.lower() for word in LAST))


def test_whatever_is_sent_the_answer_is_one_that_the_document_promises(url: str, admin: Admin) -> None:
    wrong: list[str] = []
    statuses: Counter[int] = Counter()
    for operation in operations():
        try:
            fuzz(operation, url, admin, statuses)
        except FailureGroup as failures:
            wrong.append(f"{operation.label}: {failures}"[:1500])
    assert not wrong, "\n\n".join(wrong)
    assert {200, 202, 401, 404, 422} <= statuses.keys()


def fuzz(operation: Any, url: str, admin: Admin, statuses: "Counter[int]") -> None:
    """Both what the document allows and what it does not, to what is there and what is not."""
    cases = st.one_of(operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode)
    known = st.fixed_dictionaries({name: st.sampled_from(found) for name, found in KNOWN.items()})
    headers = {"Authorization": f"Bearer {admin.token}"}

    @GENTLY
    @given(case=cases, known=known, real=st.booleans())
    def ask(case: Any, known: dict[str, str], real: bool) -> None:
        if real:
            case.path_parameters = {name: known.get(name, value) for name, value in case.path_parameters.items()}
            case.query = {**(case.query or {}), **({} if operation.path.startswith("/admin") else {"key": KEY})}
        statuses[case.call_and_validate(base_url=url, headers=headers, checks=CHECKS).status_code] += 1

    ask()
