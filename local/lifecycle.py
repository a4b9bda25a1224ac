"""Bringing a stack up and taking it down again."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType

from rich.console import Console

from feedback_bridge.aws.tokens import create_token
from local import account, deploy, ministack, ports, restore, salesforce, stand_ins
from local.errors import LocalStackError
from local.home import Home
from local.ports import AWS_VARIABLE, HOST, SALESFORCE_VARIABLE, Ports
from local.processes import Record, Server, is_alive, recorded, start, stop
from local.progress import step
from local.stack_file import Stack


def running(home: Home) -> dict[str, Record]:
    """The stack's servers that run now, by name. Those that died since are forgotten."""
    records = recorded(home)
    stop(home, [record for record in records if not is_alive(record)])
    return {record.name: record for record in records if is_alive(record)}


def bring_up(
    home: Home,
    wanted: Ports,
    console: Console,
    *,
    tied: bool = False,
    parameters: Sequence[str] = (),
    between: Callable[[int], Server] | None = None,
) -> Stack:
    """Start what does not run yet, deploy, and write the stack file. `tied`: all of it ends when this process does.

    `parameters` are the template's, as `Name=value`; `between`, given the port of the local AWS, is an HTTP proxy
    through which the functions speak with it.

    When it fails, or is interrupted, what it has started is stopped again; what ran before stays.
    """
    if sys.platform != "linux":
        raise LocalStackError(
            "The local stack needs Linux (or WSL): it runs the functions as they are built for Lambda."
        )
    home.prepare()
    before = running(home)
    ours = _settled(before, wanted)
    try:
        with step(console, "Starting the local AWS and the Salesforce org"):
            _start_missing(home, before, ours, tied=tied, between=between)
            tools = {f"{tool}_url": _stand_in(tool, home, before, ours, tied=tied) for tool in ("qualtrics", "pendo")}
        account.enter(ours.aws)
        with deploy.exclusive():
            with step(console, "Building the functions (sam build)"):
                deploy.build(home, ours.aws, parameters)
            with step(console, "Deploying them (sam deploy)"):
                deploy.deploy(home, ours.aws, parameters)
        with step(console, "Restoring what the local CloudFormation drops"):
            restore.restore(deploy.STACK_NAME, account.session(), account.endpoint(ours.aws))
        stack = _describe(home, ours, tools)
        stack.save(home.stack_file)
    except BaseException:
        with _undisturbed():
            stop(home, [record for name, record in running(home).items() if name not in before])
        raise
    return stack


def _settled(before: dict[str, Record], wanted: Ports) -> Ports:
    """The ports: of a server that runs its own, of one that does not the wanted, which must be free."""
    if "ministack" not in before:
        ports.ensure_free(wanted.aws, AWS_VARIABLE)
    if "salesforce" not in before:
        ports.ensure_free(wanted.salesforce, SALESFORCE_VARIABLE)
    return Ports(
        aws=before["ministack"].port if "ministack" in before else wanted.aws,
        salesforce=before["salesforce"].port if "salesforce" in before else wanted.salesforce,
    )


def _start_missing(
    home: Home, before: dict[str, Record], ours: Ports, *, tied: bool, between: Callable[[int], Server] | None
) -> None:
    """Start the servers that do not run."""

    def ensure(server: Server) -> None:
        if server.name not in before:
            start(server, home, tied=tied)

    ensure(salesforce.server(home, ours.salesforce))
    if "ministack" not in before:
        home.forget_cloud()
    proxied: dict[str, str] = {}
    if between:
        proxy = between(ours.aws)
        ensure(proxy)
        # Plain HTTP goes through it; Salesforce is HTTPS. A proxy, and not another endpoint: signatures are over the
        # name of the host, and the local AWS checks them.
        proxied = {"http_proxy": account.endpoint(proxy.port), "no_proxy": "localhost"}
    ensure(ministack.server(home, ours.aws, salesforce.org(home).ca_file, proxied))


def _stand_in(tool: str, home: Home, before: dict[str, Record], ours: Ports, *, tied: bool) -> str:
    """The address at which it answers, started now or before."""
    if tool in before:
        return f"http://{HOST}:{before[tool].port}"
    port = ports.next_free(max(ours.aws, ours.salesforce))
    start(stand_ins.server(tool, port), home, tied=tied)
    return f"http://{HOST}:{port}"


def _describe(home: Home, ours: Ports, tools: dict[str, str]) -> Stack:
    outputs = deploy.outputs(ours.aws)
    org = salesforce.org(home)
    return Stack(
        api_url=deploy.api_url(ours.aws, outputs["ApiUrl"]),
        aws_endpoint_url=account.endpoint(ours.aws),
        region=account.REGION,
        stack_name=deploy.STACK_NAME,
        salesforce_url=org.url,
        salesforce_ca_file=str(org.ca_file),
        salesforce_client_id=org.client_id,
        salesforce_client_secret=org.client_secret,
        admin_token=_admin_token(home, outputs["TokenTable"]),
        aws_access_key_id=account.ACCESS_KEY,
        aws_secret_access_key=account.SECRET_KEY,
        salesforce_credentials_file=str(org.credentials_file),
        **tools,
    )


def _admin_token(home: Home, table: str) -> str:
    """The one this stack's tables know already, or the first: made by whoever holds the AWS credentials, as on AWS."""
    if home.stack_file.exists():
        return Stack.load(home.stack_file).admin_token
    return create_token(table, "local stack", "admin", datetime.now(UTC), days=None)


def take_down(home: Home) -> list[str]:
    """Stop every server that was started for this stack and nothing else. Returns what was stopped."""
    with _undisturbed():
        stopped = stop(home, recorded(home))
        home.forget_cloud()
    return [record.title for record in stopped]


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A second Ctrl-C must not leave half of it running. It takes seconds at most."""
    held = {sign: signal.signal(sign, signal.SIG_IGN) for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for sign, handler in held.items():
            signal.signal(sign, handler)


def leave_tidily() -> None:
    """Let `finally` run when we are told to end, also where a shell started us in the background, deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, _leave)
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as below nohup
        signal.signal(signal.SIGHUP, _leave)


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
