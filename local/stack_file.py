"""`.local/stack.json`: where a running local stack is, for the CLI, the tests and anybody's programs."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import boto3

from local.errors import LocalStackError


@dataclass(frozen=True)
class Stack:
    """A running local stack. The names are part of the project's contract: add to them, never change one."""

    api_url: str
    """Ends in `/v1`."""
    aws_endpoint_url: str
    region: str
    stack_name: str
    salesforce_url: str
    salesforce_ca_file: str
    """The certificate authority of the simulated org's HTTPS."""
    salesforce_client_id: str
    salesforce_client_secret: str
    """Client credentials of a user who may do everything in the org."""
    admin_token: str
    aws_access_key_id: str
    aws_secret_access_key: str
    salesforce_credentials_file: str
    """All credentials of the simulated org, with those of the integration user."""
    qualtrics_url: str | None = None
    pendo_url: str | None = None
    console_url: str | None = None

    def client(self, service: str) -> Any:
        """A boto3 client for the local AWS."""
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=self.aws_endpoint_url,
            region_name=self.region,
            aws_access_key_id=self.aws_access_key_id,
            aws_secret_access_key=self.aws_secret_access_key,
        )

    def save(self, file: Path) -> None:
        """Readable by its owner only: it holds the admin token."""
        present = {name: value for name, value in asdict(self).items() if value is not None}
        written = file.with_suffix(".new")
        with os.fdopen(os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            json.dump(present, output, ensure_ascii=False, indent=2)
        written.replace(file)

    @classmethod
    def load(cls, file: Path) -> Stack:
        """Raises LocalStackError where there is no stack, or not one of this version."""
        known = {field.name for field in fields(cls)}
        try:
            found = json.loads(file.read_text())
            return cls(**{name: value for name, value in found.items() if name in known})
        except FileNotFoundError as error:
            raise LocalStackError(f"There is no running stack at {file}: start one with `make up`.") from error
        except (ValueError, TypeError) as error:
            raise LocalStackError(f"{file} does not describe a stack of this version: start it again.") from error
