"""The known faults of sessions with Salesforce, each met over HTTPS: see also `salesforce/session.py`."""

import json
import logging
import os
import socket
import ssl
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests

from feedback_bridge.aws.org_state import OrgState
from feedback_bridge.delivery.outcome import Meaning, Refusal, Refused, Written
from feedback_bridge.errors import TransientError
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.http import new_http
from feedback_bridge.salesforce.org import Org
from feedback_bridge.salesforce.session import _unanswered
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_gateway import NEVER, Asked, Gateway, Reply, gateway
from tests.integration.salesforce_workers import Memory, response, worker

EXPIRED = json.dumps([{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]).encode()
NOT_FOR_REST = json.dumps(
    [{"message": "This session is not valid for use with the REST API", "errorCode": "INVALID_SESSION_ID"}]
).encode()
HANAKO = RecordQuery("Contact", (("Email", "hanako.sato@example.jp"),))


def client(gate: Gateway, shared: Any = None, **changes: Any) -> Org:
    return worker(gate, shared, auth="client_credentials", **changes)  # type: ignore[arg-type]


def on_data(reply: Reply) -> Any:
    return lambda asked: reply if "/services/data/" in asked.path else None


def test_a_session_that_stays_expired_is_renewed_once_and_no_more(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    gate.rule = on_data(Reply(401, EXPIRED))
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.meaning, outcome.unknown) == ("INVALID_SESSION_ID", Meaning.LOG_IN, False)
    assert gate.logins() == 2
    assert len(gate.data_calls()) == 2
    with pytest.raises(Refused):
        org.find([HANAKO])
    assert gate.logins() == 3


def test_after_a_login_that_helps_nothing_the_other_calls_of_the_batch_are_not_made(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    gate.rule = on_data(Reply(401, EXPIRED))
    outcomes = org.write([response(number) for number in range(1000)])
    assert {outcome.meaning for outcome in outcomes if isinstance(outcome, Refusal)} == {Meaning.LOG_IN}
    assert len(gate.data_calls()) == 2


def test_headers_are_kept_when_a_request_is_repeated_after_the_login(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    gate.org.control("POST", "/sessions/expire")
    twin = Write(
        "Contact", "insert", {"LastName": "佐藤", "Email": "hanako.sato@example.jp"}, duplicates="allow", assign=False
    )
    assert isinstance(org.write([twin])[0], Written)
    first, second = gate.data_calls()
    for asked in (first, second):
        assert asked.headers["Sforce-Duplicate-Rule-Header"] == "allowSave=true"
        assert asked.headers["Sforce-Auto-Assign"] == "FALSE"
    assert first.body == second.body
    assert first.headers["Authorization"] != second.headers["Authorization"]


def test_a_session_that_may_not_use_the_api_is_not_renewed_but_explained(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    gate.rule = on_data(Reply(401, NOT_FOR_REST))
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert outcome.meaning is Meaning.MAPPING
    assert "IP restrictions" in outcome.reason
    assert gate.logins() == 1


@pytest.mark.parametrize("body", [b"<html>Unauthorized</html>", b"", b"[]", b"null", b'{"error": "x"}', b"\xff\xfe"])
def test_a_401_that_is_not_salesforces_own_is_met_with_one_login_too(gate: Gateway, body: bytes) -> None:
    org = client(gate)
    org.session()
    gate.rule = on_data(Reply(401, body, {"Content-Type": "text/html"}))
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert outcome.meaning is Meaning.LOG_IN
    assert gate.logins() == 2


def test_a_bulk_job_goes_on_through_an_expired_session_at_each_of_its_steps(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    expired: set[tuple[str, str]] = set()

    def once_a_step(asked: Asked) -> Reply | None:
        step = asked.method, asked.path.rpartition("/")[2].partition("?")[0]
        if "/jobs/" not in asked.path or step in expired:
            return None
        expired.add(step)
        return Reply(401, EXPIRED)

    gate.rule = once_a_step
    outcomes = dict(org.bulk_write(response(number) for number in range(300)))
    assert len(outcomes) == 300
    assert all(isinstance(outcome, Written) for outcome in outcomes.values())
    assert {("POST", "ingest"), ("PUT", "batches"), ("GET", "successfulResults")} <= expired
    uploads = [asked.body for asked in gate.data_calls() if asked.method == "PUT"]
    assert len(uploads) == 2
    assert uploads[0] == uploads[1]


NO_ANSWERS = ["find", "write", "bulk", "describe"]


@pytest.mark.parametrize("call", NO_ANSWERS)
def test_a_server_that_never_answers_is_given_up_on(gate: Gateway, call: str) -> None:
    org = client(gate, http=lambda: new_http(1, 0.3))
    org.session()
    gate.rule = on_data(NEVER)
    begun = time.monotonic()
    if call == "find":
        with pytest.raises(TransientError):
            org.find([HANAKO])
    elif call == "describe":
        with pytest.raises(TransientError):
            org.schema("Contact")
    elif call == "write":
        outcome = org.write([response(1)])[0]
        assert isinstance(outcome, Refusal)
        assert (outcome.meaning, outcome.unknown) == (Meaning.RETRY, True)
    else:
        outcomes = [outcome for _, outcome in org.bulk_write((response(number) for number in range(300)), patience=0.1)]
        assert {outcome.meaning for outcome in outcomes if isinstance(outcome, Refusal)} == {Meaning.RETRY}
    assert time.monotonic() - begun < 30, "it hung"


def test_a_login_that_never_answers_is_given_up_on_and_leaves_the_lock_free(gate: Gateway) -> None:
    shared = Memory()
    gate.rule = lambda asked: NEVER
    with pytest.raises(TransientError, match="does not answer"):
        client(gate, shared, http=lambda: new_http(1, 0.3)).session()
    gate.rule = lambda asked: None
    assert client(gate, shared).find([HANAKO])[0]


def test_every_session_of_ours_has_a_time_out_unless_a_call_says_otherwise() -> None:
    adapter = new_http().get_adapter("https://example.my.salesforce.com")
    assert adapter.timeout == (5.0, 60.0)  # type: ignore[attr-defined]


def test_after_one_request_timed_out_its_object_is_left_alone_and_the_others_go_through(gate: Gateway) -> None:
    org = client(gate, http=lambda: new_http(1, 0.5))
    org.session()
    gate.rule = lambda asked: NEVER if b'"type":"Contact"' in asked.body else None
    slow = [Write("Contact", "update", {"Title": "部長"}, record_id=f"003{number:012}AAA") for number in range(600)]
    *waiting, written = org.write([*slow, response(1)])
    assert isinstance(written, Written)
    assert [outcome.unknown for outcome in waiting if isinstance(outcome, Refusal)] == [True] * 200 + [False] * 400
    assert sum(b'"type":"Contact"' in asked.body for asked in gate.asked) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_a_server_failed_at_may_have_been_done(gate: Gateway, status: int) -> None:
    org = client(gate)
    org.session()
    error = {"message": "An unexpected error occurred", "errorCode": "UNKNOWN_EXCEPTION"}
    body = json.dumps([error]).encode() if status == 500 else b"<html>Bad gateway</html>"
    gate.rule = on_data(Reply(status, body))
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.meaning, outcome.unknown) == ("NO_ANSWER", Meaning.RETRY, True)


GARBAGE = [
    b"",
    b"<html>",
    b"{",
    b"[]",
    b"{}",
    b"null",
    b'[{"success": true}, {"success": true}]',
    b"[null]",
    b"[{}]",
    b'"x"',
    b"[[]]",
]


@pytest.mark.parametrize("body", GARBAGE)
def test_a_200_that_cannot_be_read_leaves_the_outcome_unknown(gate: Gateway, body: bytes) -> None:
    org = client(gate)
    org.session()
    gate.rule = on_data(Reply(200, body))
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.meaning, outcome.unknown) == (Meaning.RETRY, True)
    for part in (body, json.dumps({"compositeResponse": [{"httpStatusCode": 200, "body": None}]}).encode()):
        gate.rule = on_data(Reply(200, part))
        with pytest.raises(TransientError):
            org.find([HANAKO])


def test_a_redirect_never_turns_a_write_into_a_read(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    gate.rule = on_data(Reply(302, b"", {"Location": f"{gate.org.url}/services/data"}))
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert outcome.meaning is Meaning.RETRY
    assert [asked.method for asked in gate.data_calls()] == ["PATCH"]


def test_an_org_that_was_moved_is_written_to_where_it_is_now(gate: Gateway, salesforce: RunningOrg) -> None:
    shared = Memory()
    org = client(gate, shared)
    org.session()
    gate.rule = on_data(Reply(401, EXPIRED))
    other = worker(salesforce, auth="client_credentials").session().token
    login = (shared.token() or {})["login"]
    shared.save_token(
        {
            "access_token": other.access_token,
            "instance_url": salesforce.url,
            "user_id": other.user_id,
            "login": login,
        },
        org.clock(),
    )
    assert isinstance(org.write([response(1)])[0], Written)
    assert isinstance(org.write([response(2)])[0], Written)
    assert len(gate.data_calls()) == 1


def test_a_token_of_another_login_is_not_used(salesforce: RunningOrg) -> None:
    shared = Memory()
    first = worker(salesforce, shared).session().token
    assert worker(salesforce, shared).session().token == first
    changed = worker(salesforce, shared, auth="client_credentials").session().token
    assert changed != first


_ONE_BY_ONE = threading.Lock()


class Table(OrgState):
    """DynamoDB decides conditional writes one by one; moto, asked by several threads, now and then does not."""

    def may_log_in(self, now: datetime) -> bool:
        with _ONE_BY_ONE:
            return super().may_log_in(now)


def test_workers_that_find_their_token_expired_log_in_once_in_all(aws: dict[str, str], salesforce: RunningOrg) -> None:
    workers = [worker(salesforce, Table(aws["ORG_STATE_TABLE"], "production")) for _ in range(6)]
    for each in workers:
        each.session()
    salesforce.control("POST", "/sessions/expire")
    before = salesforce.control("GET", "/")["sessions_issued"]
    together = threading.Barrier(len(workers))

    def ask(org: Org) -> Any:
        together.wait()
        return org.find([HANAKO])

    with ThreadPoolExecutor(len(workers)) as pool:
        found = list(pool.map(ask, workers))
    assert all(rows[0] for rows in found)
    assert salesforce.control("GET", "/")["sessions_issued"] - before == 1


def test_a_login_that_is_refused_leaves_the_lock_free_for_the_next(aws: dict[str, str], salesforce: RunningOrg) -> None:
    shared = OrgState(aws["ORG_STATE_TABLE"], "production")
    org = worker(salesforce, shared)
    good = org.credentials
    org.credentials = lambda: json.dumps({**json.loads(good()), "client_id": "nobody"})
    with pytest.raises(TransientError, match="refused the login"):
        org.session()
    org.credentials = good
    assert org.find([HANAKO])[0]


@pytest.mark.parametrize("secret", ["", "{", "[]", '{"client_id": "x"}', "見えない"])
def test_a_secret_that_is_mistyped_makes_events_wait_and_is_not_told(salesforce: RunningOrg, secret: str) -> None:
    org = worker(salesforce)
    org.credentials = lambda: secret
    with pytest.raises(Refused, match="salesforce-production must be JSON") as raised:
        org.session()
    assert raised.value.refusal.meaning is Meaning.MAPPING
    assert not secret or secret not in str(raised.value)


def test_a_private_key_that_cannot_be_read_is_not_told(salesforce: RunningOrg) -> None:
    org = worker(salesforce)
    org.credentials = lambda: json.dumps({"client_id": "a", "username": "b", "private_key": "秘密の鍵"})
    with pytest.raises(Refused, match="PEM") as raised:
        org.session()
    assert "秘密の鍵" not in "".join(traceback.format_exception(raised.value))


def test_a_login_refused_while_a_batch_is_written_is_told_and_nothing_is_unknown(gate: Gateway) -> None:
    org = client(gate)
    org.session()
    gate.org.control("POST", "/sessions/expire")
    gate.rule = lambda asked: (
        Reply(400, b'{"error": "invalid_grant", "error_description": "authentication failure"}')
        if "oauth2/token" in asked.path
        else None
    )
    outcomes = org.write([response(number) for number in range(1000)])
    assert all(isinstance(outcome, Refusal) and not outcome.unknown for outcome in outcomes)
    assert "authentication failure" in getattr(outcomes[0], "reason", "")
    assert len(gate.data_calls()) == 1


def test_an_address_where_nobody_listens_got_nothing(salesforce: RunningOrg) -> None:
    with gateway(salesforce) as gate:
        org = client(gate, http=lambda: new_http(1, 1))
        org.session()
    outcome = org.write([response(1)])[0]
    assert isinstance(outcome, Refusal)
    assert (outcome.code, outcome.unknown) == ("NOT_SENT", False)


def test_neither_the_token_nor_what_customers_said_is_in_an_error_or_a_log(
    gate: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    org = client(gate, http=lambda: new_http(1, 0.3))
    token = org.session().token.access_token
    texts = [repr(org), repr(org.session()), repr(org.session().token)]
    for reply in (NEVER, Reply(500, b"<html>"), Reply(401, EXPIRED), Reply(200, b"<html>"), Reply(200, b"[]", cut=1)):
        gate.rule = on_data(reply)
        with pytest.raises((TransientError, Refused)) as raised:
            org.find([HANAKO])
        texts.append("".join(traceback.format_exception(raised.value)))
        texts.append(str(org.write([response(1, Comment__c="秘密の感想")])))
    logged = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for text in (*texts, logged):
        assert token not in text
        assert "hanako" not in text
        assert "秘密の感想" not in text


def test_tls_that_breaks_off_after_the_request_leaves_it_in_doubt(salesforce: RunningOrg) -> None:
    """A box on the way that fails: the request may have been carried out behind it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(salesforce.directory / "server.pem", salesforce.directory / "server.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_broken_off, args=(listener, context))
        thread.start()
        with pytest.raises(requests.exceptions.SSLError) as caught:
            requests.post(
                f"https://localhost:{listener.getsockname()[1]}/", data=b"{}", timeout=5, verify=salesforce.ca_file
            )
        thread.join()
    assert _unanswered(caught.value) is TransientError


def _broken_off(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    with context.wrap_socket(connection, server_side=True) as secured:
        read = b""
        while not read.endswith(b"{}"):
            read += secured.recv(65536)
        os.write(secured.fileno(), b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
