"""The functions' real handlers, called as Lambda calls them."""

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from feedback_bridge.runtime.observability import logger

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Context:
    """What the logger asks of Lambda's context."""

    function_name: str = "bench"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"


@cache
def handler(function: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The handler of `functions/<function>/app.py`. What it logs is formatted as always, and goes nowhere."""
    _silence()
    handle: Handler = importlib.import_module(f"functions.{function}.app").handler
    return lambda event: handle(event, Context())


@cache
def _silence() -> None:
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives
    logger.registered_handler.setStream(nowhere)  # type: ignore[attr-defined]
    sys.excepthook = sys.__excepthook__  # Powertools would log what ends this program too
