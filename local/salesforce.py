"""The Salesforce org simulator as one of the stack's servers."""

from __future__ import annotations

import json
import os
import ssl
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from local.home import ROOT, Home
from local.processes import Server


@dataclass(frozen=True)
class Org:
    """How to reach the simulated org: what it wrote to its credentials file when it started."""

    url: str
    ca_file: Path
    client_id: str
    client_secret: str
    """Client credentials of a user who may do everything in the org."""
    credentials_file: Path
    """All credentials, with those of the integration user and its private key."""


def org(home: Home) -> Org:
    file = home.salesforce / "credentials.json"
    known = json.loads(file.read_text())
    return Org(
        url=known["url"],
        ca_file=Path(known["ca_file"]),
        client_id=known["admin"]["client_id"],
        client_secret=known["admin"]["client_secret"],
        credentials_file=file,
    )


def server(home: Home, port: int) -> Server:
    """With the metadata that an admin deploys to a real org, and a few records to begin with."""
    home.salesforce.mkdir(parents=True, exist_ok=True)
    program = (sys.executable, "-m", "local.salesforce_org", "--port", str(port), "--directory", str(home.salesforce))
    return Server(
        name="salesforce",
        title="The Salesforce org simulator",
        command=(*program, "--metadata", str(ROOT / "salesforce"), "--seed"),
        environment=os.environ,
        port=port,
        is_ready=lambda: _answers(home, port),
    )


def _answers(home: Home, port: int) -> bool:
    try:
        trust = ssl.create_default_context(cafile=str(org(home).ca_file))
        # The list of API versions: the one resource of an org that asks for no token.
        with urllib.request.urlopen(f"https://localhost:{port}/services/data/", timeout=2, context=trust) as reply:
            return bool(reply.status == 200)
    except (OSError, ValueError, KeyError):
        return False
