"""Which stack a command speaks with: the local one that `make up` describes, or one in AWS by its name."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cli.failure import Failure

STACK_FILE = Path(".local") / "stack.json"
STACK_VARIABLE = "BRIDGE_STACK"
"""The path of a stack file that lies somewhere else: the demo's and the tests' stacks have their own."""

TOKEN_VARIABLE = "BRIDGE_TOKEN"  # noqa: S105 - the variable's name


@dataclass(frozen=True)
class Stack:
    """`local` is what the stack file tells; None for a stack in AWS, which the usual AWS environment leads to."""

    name: str
    local: Mapping[str, Any] | None = None

    @cached_property
    def api_url(self) -> str:
        return str(self.local["api_url"]) if self.local else self.output("ApiUrl")

    @cached_property
    def token(self) -> str:
        """Raises Failure where there is none."""
        if self.local:
            return str(self.local["admin_token"])
        token = os.environ.get(TOKEN_VARIABLE)
        if not token:
            how = f"`bridge tokens create --stack {self.name} --name you --scope admin` makes one."
            raise Failure(f"Set {TOKEN_VARIABLE} to a token of the stack {self.name}: {how}")
        return token

    def output(self, key: str) -> str:
        """One of the CloudFormation outputs. Raises Failure."""
        if key not in self._outputs:
            raise Failure(f"The stack {self.name} has no output {key}: it is not one of this version.")
        return self._outputs[key]

    @cached_property
    def _outputs(self) -> Mapping[str, str]:
        with aws_sentences(f"find the stack {self.name}"):
            stacks = self.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}

    def client(self, service: str) -> Any:
        """A boto3 client for this stack's AWS, with time-outs."""
        self.enter_aws()
        from feedback_bridge.aws.clients import client

        return client(service)

    def enter_aws(self) -> None:
        """From here on this process speaks with this stack's AWS, whatever the environment says of another."""
        if not self.local or not self.local.get("aws_endpoint_url"):
            return
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(
            AWS_ENDPOINT_URL=str(self.local["aws_endpoint_url"]),
            AWS_DEFAULT_REGION=str(self.local["region"]),
            AWS_ACCESS_KEY_ID=str(self.local["aws_access_key_id"]),
            AWS_SECRET_ACCESS_KEY=str(self.local["aws_secret_access_key"]),
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
        )


def find_stack(name: str | None) -> Stack:
    """The named stack, that of BRIDGE_STACK, or the local one of this folder or one above. Raises Failure."""
    if name:
        return Stack(name)
    if named := os.environ.get(STACK_VARIABLE):
        return _local(Path(named))
    here = Path.cwd()
    for folder in (here, *here.parents):
        file = folder / STACK_FILE
        if file.is_file():
            return _local(file)
    raise Failure(
        f"There is no {STACK_FILE} here or above: start a stack with `make up`, or name one with --stack NAME."
    )


def _local(file: Path) -> Stack:
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        told["api_url"], told["admin_token"]
        return Stack(told["stack_name"], told)
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise Failure(f"{file} does not describe a running stack: start it again with `make up`.") from error


@contextmanager
def aws_sentences(what: str) -> Iterator[None]:
    """AWS's errors as one sentence; `what` completes "Could not …"."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

    from feedback_bridge.errors import BridgeError

    try:
        yield
    except ClientError as error:
        told = error.response.get("Error", {})
        raise Failure(f"Could not {what}: {told.get('Message') or told.get('Code')}") from error
    except (NoCredentialsError, NoRegionError) as error:
        wanted = "a region: AWS_DEFAULT_REGION" if isinstance(error, NoRegionError) else "credentials: AWS_PROFILE"
        raise Failure(f"Could not {what}: AWS needs {wanted}, or `aws configure`.") from error
    except BotoCoreError as error:
        raise Failure(f"Could not {what}: {error}") from error
    except BridgeError as error:
        raise Failure(str(error)) from error
