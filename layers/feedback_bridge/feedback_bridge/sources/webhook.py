"""Whatever else sends JSON or a form."""

from typing import Literal

from feedback_bridge.sources.configurable import Configurable, events, read, verify

__all__ = ["Settings", "events", "read", "verify"]


class Settings(Configurable):
    type: Literal["webhook"] = "webhook"
