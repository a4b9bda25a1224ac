"""What ends a command: one plain sentence, and what belongs to it."""

from collections.abc import Sequence
from typing import Any


class Failure(Exception):
    """`lines` say more, one thing each; `body` is what --json prints beside the sentence."""

    def __init__(self, sentence: str, lines: Sequence[str] = (), body: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.lines = tuple(lines)
        self.body = body or {}
