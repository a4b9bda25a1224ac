"""The local stack as a program: what it says, what it starts, and that it stops it again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local import restore
from local.account import session
from local.home import Home
from local.ports import AWS_VARIABLE, SALESFORCE_VARIABLE, next_free
from local.processes import Server, identity_of, is_alive, recorded, start, stop

LOWEST_PORT = 14700
PATIENCE = 30


def eventually(true: Callable[[], Any]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def local_program(command: str, home: Home, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local", command, "--directory", str(home.directory)],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.parametrize("variable", [AWS_VARIABLE, SALESFORCE_VARIABLE])
def test_a_port_already_taken_is_said_in_one_plain_line_and_nothing_is_started(
    home: Home, taken_port: int, variable: str
) -> None:
    free = next_free(LOWEST_PORT)
    ports = {AWS_VARIABLE: str(free), SALESFORCE_VARIABLE: str(next_free(free)), variable: str(taken_port)}
    program = local_program("up", home, **ports)
    output, said = program.communicate(timeout=PATIENCE)
    assert program.returncode == 1
    assert said.count("\n") == 1
    assert str(taken_port) in said
    assert variable in said
    assert output == ""
    assert recorded(home) == []


def test_a_port_that_is_no_number_is_refused(home: Home) -> None:
    program = local_program("up", home, **{AWS_VARIABLE: "http"})
    said = program.communicate(timeout=PATIENCE)[1]
    assert program.returncode == 1
    assert said == "BRIDGE_AWS_PORT must be a port number from 1 to 65535, not 'http'.\n"


@pytest.mark.parametrize(
    "kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["Ctrl-C", "terminated", "killed"]
)
def test_a_stack_that_is_interrupted_while_it_comes_up_leaves_nothing_running(home: Home, kind: signal.Signals) -> None:
    aws = next_free(LOWEST_PORT)
    program = local_program("run", home, **{AWS_VARIABLE: str(aws), SALESFORCE_VARIABLE: str(next_free(aws))})
    assert eventually(lambda: len(recorded(home)) >= 2), program.communicate()[1]
    started = recorded(home)
    program.send_signal(kind)
    program.communicate(timeout=PATIENCE)
    assert program.returncode != 0
    assert eventually(lambda: not any(is_alive(record) for record in started))
    assert eventually(lambda: not programs_below(home))


def programs_below(home: Home) -> list[int]:
    """The processes that were told of this stack's directory, whoever started them."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            mentioned = str(home.directory).encode() in command.read_bytes()
        except OSError:  # it ended while we looked
            continue
        if mentioned and identity_of(int(command.parent.name)):
            found.append(int(command.parent.name))
    return found


def idle(name: str) -> Server:
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    return Server(name, f"The {name}", command, os.environ, 0, is_ready=lambda: True)


def test_down_stops_what_up_has_started(home: Home) -> None:
    home.prepare()
    record = start(idle("waiter"), home, tied=False)
    output, _ = local_program("down", home).communicate(timeout=PATIENCE)
    assert output == "Stopped: The waiter\n"
    assert not is_alive(record)
    assert recorded(home) == []


def test_down_leaves_a_stranger_alone_who_has_the_number_of_a_server_that_is_gone(home: Home) -> None:
    home.prepare()
    record = start(idle("stranger"), home, tied=False)
    try:
        file = home.records / "stranger.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"identity": "1 ministack, long ago"}))
        output, _ = local_program("down", home).communicate(timeout=PATIENCE)
        assert output == "Nothing was running.\n"
        assert is_alive(record)
    finally:
        stop(home, [record])


def test_the_stack_file_says_where_everything_is(stack: Any) -> None:
    assert stack.api_url.startswith(stack.file.aws_endpoint_url)
    assert stack.api_url.endswith("/v1")
    assert stack.client("cloudformation").describe_stacks(StackName=stack.file.stack_name)["Stacks"]
    assert stack.org.get("/services/data/").json()
    assert stack.api.get("/admin/sources").status_code == 200


def test_what_the_local_cloud_drops_is_there_after_a_deploy(stack: Any) -> None:
    """Restoring finds nothing to do: each thing the template asks for is as the template has it."""
    assert restore.restore(stack.file.stack_name, session(), stack.file.aws_endpoint_url) == []


def test_items_that_have_expired_leave_by_themselves(stack: Any) -> None:
    dynamodb = stack.client("dynamodb")
    tables = [table for table in dynamodb.list_tables()["TableNames"] if "DeliveryTable" in table]
    assert tables
    for table in tables:
        described = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_path_that_is_not_there_is_answered_with_a_problem(stack: Any, method: str) -> None:
    answer = stack.web.request(method, "/nowhere")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_every_queue_is_watched_by_a_function_that_may_run(stack: Any) -> None:
    mappings = stack.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert mappings
    assert {mapping["State"] for mapping in mappings} == {"Enabled"}


def test_a_function_may_do_only_what_its_policies_say(stack: Any) -> None:
    """As the intake's role: it reads the config, it does not look into the table of tokens."""
    roles = stack.client("iam").list_roles()["Roles"]
    (role,) = [role["Arn"] for role in roles if "-IngestFunctionRole-" in role["Arn"]]
    given = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="intake")["Credentials"]
    intake = boto3.client(
        "dynamodb",
        endpoint_url=stack.file.aws_endpoint_url,
        region_name=stack.file.region,
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    tables = stack.client("dynamodb").list_tables()["TableNames"]
    (config,) = [table for table in tables if "-ConfigTable-" in table]
    (tokens,) = [table for table in tables if "-TokenTable-" in table]
    assert "Item" not in intake.get_item(TableName=config, Key={"scope": {"S": "none"}, "name": {"S": "none"}})
    with pytest.raises(ClientError, match="AccessDenied"):
        intake.scan(TableName=tokens)
