"""Whatever else sends JSON or a form."""

from typing import Literal

from feedback_bridge.sources.configurable import Configurable, events, read, verify
from feedback_bridge.sources.setup import Setup

__all__ = ["SETUP", "Settings", "events", "read", "verify"]


class Settings(Configurable):
    type: Literal["webhook"] = "webhook"


SETUP = Setup(
    made_by="us",
    steps=(
        "Send JSON or a form to {url}",
        "Sign each body: header X-Signature: sha256=<hex HMAC-SHA256 of the body>, with the key {secret}",
        "Say in `fields` where things are in the body: bridge sources samples ID shows what has come.",
    ),
    document={"signature": {"header": "X-Signature", "prefix": "sha256="}, "without_id": "content"},
)
