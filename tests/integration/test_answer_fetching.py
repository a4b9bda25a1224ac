"""The real function of answer_fetching, with moto's AWS and an API that is silent or has changed its token."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.signing import signed
from feedback_bridge.aws.configs import Configs
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.feedback.raw import Raw
from feedback_bridge.runtime import answer_fetching, reading
from feedback_bridge.sources import fetch

SAMPLES = Path(__file__).parents[2] / "events/sources/qualtrics"
ANSWERS = SAMPLES / "responses/SV_8xKq2LmT5vWn0Rd/R_1mZp7QxV3tKb9Wy.json"
FORM = "application/x-www-form-urlencoded"
TOKEN = "test-stack/qualtrics-api"


class Api(ThreadingHTTPServer):
    """Answers who knows the token; nobody while it is `hung`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.token = "old"
        self.hung = threading.Event()
        self.ended = threading.Event()
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.server.hung.is_set():
            self.server.ended.wait(20)
            return
        known = self.headers["X-API-TOKEN"] == self.server.token
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"result": json.loads(ANSWERS.read_text())}).encode() if known else b"{}")

    def log_message(self, *_: Any) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def api(aws: dict[str, str]) -> Iterator[Api]:
    server = Api()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    source = {
        "kind": "source", "id": "cx", "type": "qualtrics", "secret": "cx", "api_token": "qualtrics-api",
        "api_url": f"http://127.0.0.1:{server.server_port}",
    }  # fmt: skip
    Configs(aws["CONFIG_TABLE"]).publish("source", "cx", source, "test", datetime(2026, 1, 1, tzinfo=UTC))
    boto3.client("secretsmanager").create_secret(Name=TOKEN, SecretString="old")
    yield server
    server.ended.set()
    server.shutdown()
    server.server_close()


def announced(*numbers: int) -> list[dict[str, Any]]:
    """Messages of responses that are in the archive without their answers."""
    message = json.loads((SAMPLES / "promoter.json").read_text())
    records = []
    for number in numbers:
        own = json.dumps({**message, "ResponseID": f"R_{number:015}"}).encode()
        identity = f"cx:R_{number:015}"
        reading.archive().keep(Raw(identity, "cx", datetime.now(UTC), FORM, signed("qualtrics", own, "s").body, "d"))
        body = {"detail-type": "AnswersAwaited", "detail": {"feedback_id": identity, "source": "cx"}}
        records.append({"messageId": f"m{number}", "body": json.dumps(body), "attributes": {}})
    return records


def word(number: int) -> tuple[str, str]:
    (delivery,) = Deliveries("DeliveryTable").of_feedback(f"cx:R_{number:015}")
    return delivery.status, delivery.reason or ""


def test_a_batch_waits_once_for_an_api_that_does_not_answer_and_all_of_it_comes_back_later(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", (1, 0.3))
    api.hung.set()
    assert answer_fetching.fetch_batch(announced(1, 2, 3)) == {"batchItemFailures": []}
    assert len(api.asked) == 1
    assert {word(number) for number in (1, 2, 3)} == {("pending", "Qualtrics did not answer in time.")}


def test_a_token_that_was_just_changed_is_read_again(api: Api) -> None:
    answer_fetching.fetch_batch(announced(1))
    api.token = "new"
    boto3.client("secretsmanager").put_secret_value(SecretId=TOKEN, SecretString="new")
    assert answer_fetching.fetch_batch(announced(2)) == {"batchItemFailures": []}
    found = reading.archive().find(f"cx:R_{2:015}")
    assert found is not None
    assert found.answers is not None


def test_an_announcement_that_is_not_in_its_body_any_more_fails_with_a_word(api: Api) -> None:
    (record,) = announced(1)
    body = signed("qualtrics", (SAMPLES / "promoter.json").read_bytes(), "s").body
    reading.archive().keep(Raw(f"cx:R_{1:015}", "cx", datetime.now(UTC), FORM, body, "d2"))
    assert answer_fetching.fetch_batch([record]) == {"batchItemFailures": []}
    status, reason = word(1)
    assert (status, "cannot be found in its archived body" in reason) == ("failed", True)


def test_the_log_of_an_unforeseen_error_says_where_it_was_and_nothing_of_what_was_said(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any) -> None:
        try:
            int("佐藤花子は怒っている。")
        except ValueError as error:
            raise KeyError("hanako.sato@example.jp") from error

    monkeypatch.setattr(answer_fetching, "_receive", fails)
    caplog.set_level(logging.INFO)
    assert answer_fetching.fetch_batch(announced(1)) == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "unforeseen" in logged
    assert "ValueError" in logged
    assert " fails" in logged
    assert "hanako" not in logged
    assert "佐藤" not in logged
