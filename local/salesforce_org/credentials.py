"""The two connected apps every org has, written to `credentials.json` for the programs that log in.

    {"admin": {"client_id", "client_secret", "username"},
     "integration": {"client_id", "client_secret", "username", "private_key"}, "url", "ca_file"}

More apps and users come from a file of their own (`--users`), see `load_users`.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from .certificates import new_rsa_key, public_key_of, public_key_of_certificate
from .org import ADMIN_USERNAME, INTEGRATION_USERNAME, ExtraUser, Org
from .sessions import ConnectedApp


def ensure_credentials(directory: Path, overrides: dict[str, str | None]) -> dict[str, Any]:
    """What credentials.json holds; what is missing is made. `overrides` are the admin's client id and secret."""
    path = directory / "credentials.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    admin = document.setdefault("admin", _new_app(ADMIN_USERNAME))
    admin.update({name: value for name, value in overrides.items() if value})
    integration = document.setdefault("integration", _new_app(INTEGRATION_USERNAME))
    if "private_key" not in integration:
        integration["private_key"] = new_rsa_key()
    return document


def _new_app(username: str) -> dict[str, str]:
    return {
        "client_id": "3MVG9" + secrets.token_urlsafe(48).replace("-", "_"),
        "client_secret": secrets.token_hex(32).upper(),
        "username": username,
    }


def write_credentials(directory: Path, document: dict[str, Any]) -> None:
    path = directory / "credentials.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def register(org: Org, document: dict[str, Any]) -> None:
    for name in ("admin", "integration"):
        app, username = document[name], document[name]["username"]
        key = app.get("private_key")
        org.apps[app["client_id"]] = ConnectedApp(
            app["client_id"],
            app["client_secret"],
            run_as=username,
            public_key=public_key_of(key) if key else None,
            authorised={username},
        )


def load_users(org: Org, path: Path) -> None:
    """Adds users and apps from a JSON file.

    {"users": [{"username", "first_name", "last_name", "everything": bool, "permission_sets": [name]}],
     "apps": [{"client_id", "client_secret", "run_as", "certificate" (PEM), "authorised": [username]}]}
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    for user in document.get("users", ()):
        org.add_user(ExtraUser(**user))
    for app in document.get("apps", ()):
        certificate = app.get("certificate")
        org.apps[app["client_id"]] = ConnectedApp(
            app["client_id"],
            app["client_secret"],
            run_as=app.get("run_as"),
            public_key=public_key_of_certificate(certificate) if certificate else None,
            authorised=set(app.get("authorised", ())),
        )
