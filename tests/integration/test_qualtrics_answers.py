"""Answers fetched over real HTTP from the stand-in of the Qualtrics API, started as a program of its own."""

import json
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from cli.signing import signed
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.sources import fetch
from feedback_bridge.sources.fetch import fetch_answers
from feedback_bridge.sources.registry import parse_source, tool
from feedback_bridge.sources.tool import AnswersRequest, Event
from local.qualtrics_api import TOKEN

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"


def free_port() -> int:
    for port in range(18200, 18300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no port is free between 18200 and 18299")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "local.qualtrics_api", "--port", str(port), "--per-minute", "40"]
    program = subprocess.Popen(command, cwd=ROOT)
    try:
        waiting = requests.Session()
        waiting.mount("http://", HTTPAdapter(max_retries=Retry(total=40, backoff_factor=0.05, backoff_max=0.5)))
        url = f"http://127.0.0.1:{port}"
        waiting.get(f"{url}/_stand_in/requests", timeout=5).raise_for_status()
        yield url
    finally:
        program.terminate()
        program.wait(10)


@pytest.fixture
def session(address: str) -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session
        session.delete(f"{address}/_stand_in/faults", timeout=5).raise_for_status()


def settings(address: str) -> Any:
    told = {"id": "cx", "type": "qualtrics", "secret": "cx", "api_url": address, "api_token": "qualtrics-api"}
    return parse_source(told)


def announced(case: str, address: str) -> Event:
    message = (ROOT / f"events/sources/qualtrics/{case}.json").read_bytes()
    (event,) = tool("qualtrics").events(signed("qualtrics", message, "s").body, FORM, settings(address))
    return event


def asked_for(case: str, address: str) -> AnswersRequest:
    return tool("qualtrics").answers_request(announced(case, address), settings(address))


def fault(address: str, **told: Any) -> None:
    requests.post(f"{address}/_stand_in/faults", json=told, timeout=5).raise_for_status()


def test_an_announced_response_is_fetched_and_read(address: str, session: requests.Session) -> None:
    answers = fetch_answers(asked_for("promoter", address), TOKEN, session)
    feedback = tool("qualtrics").read(announced("promoter", address), settings(address), NOW, answers)
    assert feedback.nps.score == 10
    assert feedback.respondent.name == "佐藤 花子"


def test_the_first_line_of_the_secret_is_the_token(address: str, session: requests.Session) -> None:
    assert fetch_answers(asked_for("promoter", address), f" {TOKEN}\nthe-old-one\n", session)


def test_a_response_that_is_not_there_yet_is_asked_for_again(address: str, session: requests.Session) -> None:
    result = json.loads(
        (ROOT / "events/sources/qualtrics/responses/SV_8xKq2LmT5vWn0Rd/R_1mZp7QxV3tKb9Wy.json").read_text()
    )
    request = asked_for("promoter", address)
    later = replace(request, url=request.url.replace("R_1mZp7QxV3tKb9Wy", "R_9later"))
    with pytest.raises(TransientError, match="does not have this response yet"):
        fetch_answers(later, TOKEN, session)
    told = {"surveyId": "SV_8xKq2LmT5vWn0Rd", "result": result["result"] | {"responseId": "R_9later"}}
    session.post(f"{address}/_stand_in/responses", json=told, timeout=5).raise_for_status()
    assert json.loads(fetch_answers(later, TOKEN, session))["result"]["responseId"] == "R_9later"


@pytest.mark.parametrize("token", ["wrong", TOKEN.upper()])
def test_a_refused_token_is_for_a_person_to_put_right(address: str, session: requests.Session, token: str) -> None:
    with pytest.raises(
        PermanentError, match=r"refuses the API token in the secret qualtrics-api \(HTTP 401\)"
    ) as refused:
        fetch_answers(asked_for("promoter", address), token, session)
    assert token not in str(refused.value)


@pytest.mark.parametrize("token", ["", " \n", "鍵"])
def test_a_token_that_cannot_be_sent_is_for_a_person_to_put_right(
    address: str, session: requests.Session, token: str
) -> None:
    with pytest.raises(PermanentError, match="qualtrics-api") as refused:
        fetch_answers(asked_for("promoter", address), token, session)
    told = "".join(traceback.format_exception(refused.value))
    assert "鍵" not in told
    assert r"\u9375" not in told, "as Python's own error writes the same character"


def test_at_the_rate_limit_the_wait_that_is_asked_for_is_passed_on(address: str, session: requests.Session) -> None:
    request = asked_for("promoter", address)

    def ask_more_often_than_allowed() -> None:
        for _ in range(41):
            fetch_answers(request, TOKEN, session)

    with pytest.raises(TransientError, match="HTTP 429") as limited:
        ask_more_often_than_allowed()
    assert 0 < limited.value.retry_after <= 61


@pytest.mark.parametrize(("status", "wait"), [(500, None), (503, 30), (504, None)])
def test_trouble_on_the_other_side_is_waited_for(
    address: str, session: requests.Session, status: int, wait: int | None
) -> None:
    fault(address, status=status, retry_after=wait)
    with pytest.raises(TransientError, match=f"HTTP {status}") as trouble:
        fetch_answers(asked_for("promoter", address), TOKEN, session)
    assert trouble.value.retry_after == wait
    assert fetch_answers(asked_for("promoter", address), TOKEN, session)


@pytest.mark.parametrize("status", [400, 403, 410])
def test_any_other_refusal_is_final(address: str, session: requests.Session, status: int) -> None:
    fault(address, status=status)
    with pytest.raises(PermanentError, match=f"HTTP {status}"):
        fetch_answers(asked_for("promoter", address), TOKEN, session)


def test_an_api_that_does_not_answer_is_waited_for(
    address: str, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", (1, 0.2))
    fault(address, delay=2)
    with pytest.raises(TransientError, match="did not answer in time"):
        fetch_answers(asked_for("promoter", address), TOKEN, session)


def test_an_api_that_is_not_there_is_waited_for(session: requests.Session) -> None:
    nowhere = AnswersRequest("Qualtrics", f"http://127.0.0.1:{free_port()}/API/v3/whoami", "t", "X-API-TOKEN")
    with pytest.raises(TransientError, match="could not be reached"):
        fetch_answers(nowhere, TOKEN, session)


class Elsewhere(BaseHTTPRequestHandler):
    """Answers what no API should."""

    def do_GET(self) -> None:
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/huge")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b" " * (fetch.MAX_BYTES + 1))

    def log_message(self, *_: Any) -> None:
        """Nothing on the test's output."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "said"), [("/redirect", "HTTP 302"), ("/huge", "more than")])
def test_the_token_follows_no_redirect_and_an_endless_answer_ends(
    elsewhere: str, session: requests.Session, path: str, said: str
) -> None:
    with pytest.raises(PermanentError, match=said):
        fetch_answers(AnswersRequest("Qualtrics", elsewhere + path, "t", "X-API-TOKEN"), TOKEN, session)


def test_the_stand_in_refuses_as_qualtrics_does(address: str, session: requests.Session) -> None:
    bare = session.get(f"{address}/API/v3/whoami", timeout=5)
    assert (bare.status_code, bare.json()["meta"]["error"]["errorCode"]) == (400, "ATP_2")
    wrong = session.get(f"{address}/API/v3/whoami", headers={"X-API-TOKEN": "x"}, timeout=5)
    assert wrong.json()["meta"]["httpStatus"] == "401 - Unauthorized"
    assert wrong.json()["meta"]["error"] == {"errorMessage": "Unrecognized X-API-TOKEN.", "errorCode": "DCD_7"}
    right = session.get(f"{address}/API/v3/whoami", headers={"X-API-TOKEN": TOKEN}, timeout=5)
    assert right.json()["meta"]["httpStatus"] == "200 - OK"
    nowhere = session.get(f"{address}/API/v3/surveys/SV_x", headers={"X-API-TOKEN": TOKEN}, timeout=5)
    assert nowhere.status_code == 404
