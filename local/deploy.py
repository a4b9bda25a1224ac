"""The real `sam build` and `sam deploy` of the project's template, aimed at the local AWS."""

from __future__ import annotations

import fcntl
import os
import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from botocore.exceptions import ClientError

from local import account, ministack
from local.errors import LocalStackError
from local.home import ROOT, Home
from local.processes import run
from local.virtualenvs import SAM_BIN

STACK_NAME = "feedback-bridge"
"""The same in every local stack: each has an AWS of its own."""
ARTIFACTS = "feedback-bridge-artifacts"
CONFIG = ["--config-file", str(ROOT / "samconfig.toml"), "--config-env", "local"]
"""Named, since SAM looks for the file beside the template, and what is deployed is the template it built."""
BUILD = ROOT / ".local" / "sam"
FEW_WORKERS = ("TaggingConcurrency=2", "MappingConcurrency=2")
"""Each worker is a process of this machine, which takes a second or two of a core to start."""
MAIL_SENDER = "feedback-bridge@example.jp"
"""Whose e-mail goes nowhere: `/_ministack/ses/messages` of the local AWS shows it."""

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def _sam_environment(port: int) -> dict[str, str]:
    # SAM builds with the interpreter of the function's runtime, which it looks for on PATH: its own is that one.
    path = f"{SAM_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return account.environment(port) | {"PATH": path, "SAM_CLI_TELEMETRY": "0", "PYTHONWARNINGS": "ignore"}


def _parameters(more: Sequence[str]) -> list[str]:
    architecture = _ARCHITECTURES.get(platform.machine().lower())
    if architecture is None:
        raise LocalStackError(f"Lambda has no architecture for this machine, which is {platform.machine()}.")
    runtime = [f"Runtime=python{ministack.python_version()}", f"Architecture={architecture}"]
    return ["--parameter-overrides", *runtime, *FEW_WORKERS, f"MailSender={MAIL_SENDER}", *more]


@contextmanager
def exclusive() -> Iterator[None]:
    """The build directory is one for all stacks of a clone, so that the second need not build again."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(home: Home, port: int, parameters: Sequence[str] = ()) -> None:
    command = [str(SAM_BIN / "sam"), "build", *CONFIG, *_parameters(parameters)]
    places = ["--build-dir", str(BUILD / "build"), "--cache-dir", str(BUILD / "cache")]
    run([*command, *places], _sam_environment(port), home.logs / "sam-build.log", cwd=ROOT)


def deploy(home: Home, port: int, parameters: Sequence[str] = ()) -> None:
    """`parameters`, as `Name=value`, come to those that every local stack is deployed with."""
    _ensure_artifacts_bucket(port)
    account.client("ses", port).verify_email_identity(EmailAddress=MAIL_SENDER)
    command = [str(SAM_BIN / "sam"), "deploy", *CONFIG, *_parameters(parameters)]
    places = ["--template-file", str(BUILD / "build" / "template.yaml"), "--s3-bucket", ARTIFACTS]
    names = ["--stack-name", STACK_NAME, "--region", account.REGION]
    run([*command, *places, *names], _sam_environment(port), home.logs / "sam-deploy.log", cwd=ROOT)


def _ensure_artifacts_bucket(port: int) -> None:
    """Where SAM leaves what it built. Its own way (`--resolve-s3`) deploys a stack first, and takes longer."""
    s3 = account.client("s3", port)
    try:
        s3.create_bucket(Bucket=ARTIFACTS)
    except ClientError as error:
        if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":
            raise


def outputs(port: int) -> Mapping[str, str]:
    """The deployed stack's outputs. Read them after each deploy: a changed API comes with a new id."""
    cloudformation = account.client("cloudformation", port)
    stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def api_url(port: int, public: str) -> str:
    """Where the local AWS serves what is `https://ID.execute-api.REGION.amazonaws.com/STAGE` on the real one."""
    found = re.fullmatch(r"https://([^.]+)\.execute-api\.[^/]+/(\w+)", public)
    if found is None:
        raise LocalStackError(f"The template's output ApiUrl is not the URL of a REST API's stage: {public}")
    return f"{account.endpoint(port)}/_aws/execute-api/{found[1]}/{found[2]}"
