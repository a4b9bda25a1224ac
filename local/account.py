"""The local AWS account: its region, who we are in it, and how to reach it and nothing else."""

from __future__ import annotations

import os
from typing import Any

import boto3

from local.ports import HOST

REGION = "us-east-1"
ACCESS_KEY = "test"
SECRET_KEY = "test"  # noqa: S105 - by these MiniStack knows the root of its account; they open nothing else


def endpoint(port: int) -> str:
    return f"http://{HOST}:{port}"


def session() -> boto3.Session:
    """The root of the account. Its clients still need the endpoint."""
    return boto3.Session(aws_access_key_id=ACCESS_KEY, aws_secret_access_key=SECRET_KEY, region_name=REGION)


def client(service: str, port: int) -> Any:
    return session().client(service, endpoint_url=endpoint(port))  # type: ignore[call-overload]


def environment(port: int) -> dict[str, str]:
    """Ours, with AWS replaced by the local one: no profile, file, proxy or instance role leads to another."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    bypass = ",".join(filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), HOST, "localhost")))
    return kept | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint(port),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": bypass,
        "no_proxy": bypass,
    }


def enter(port: int) -> None:
    """From here on this whole process, and whatever it starts, speaks with the local AWS only."""
    replacement = environment(port)
    os.environ.clear()
    os.environ.update(replacement)
