"""What the demo sends, and what it expects of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from local.home import ROOT

SAMPLES = ROOT / "events" / "sources"

SECRETS = {
    "typeform-main": "typeform-secret-of-the-demo",
    "qualtrics-main": "qualtrics-shared-key-of-the-demo",
    "webhook-main": "form-secret-of-the-demo",
}
"""Shared with the tools; in the demo they sign with them. Known to everybody, and worth nothing elsewhere."""

FORM_SIGNATURE = {
    "signature": {"header": "X-Form-Signature", "algorithm": "sha256", "encoding": "hex", "prefix": "sha256="}
}
"""As examples/demo/sources.yaml says of webhook-main."""


@dataclass(frozen=True)
class Sample:
    """One real-shaped event. `becomes` are the statuses of its deliveries by mapping, where `or` joins what may be."""

    source: str
    tool: str
    file: str
    title: str
    becomes: dict[str, str]

    @property
    def body(self) -> bytes:
        return Path(SAMPLES / self.tool / self.file).read_bytes()


def _survey(source: str, tool: str, file: str, title: str, contact: str = "delivered") -> Sample:
    becomes = {"nps-to-contact": contact, "response-to-survey-response": "delivered"}
    return Sample(source, tool, f"{file}.json", title, becomes)


SENT = (
    _survey("typeform-main", "typeform", "promoter", "a promoter"),
    _survey("typeform-main", "typeform", "passive", "a passive"),
    _survey("typeform-main", "typeform", "detractor", "a detractor"),
    _survey("typeform-main", "typeform", "without_score", "an answer without a score", "skipped"),
    _survey("typeform-main", "typeform", "impossible_score", "a score that is none", "skipped"),
    _survey("qualtrics-main", "qualtrics", "promoter", "a promoter, announced and fetched"),
    Sample("webhook-main", "webhook", "form.txt", "a form in Japanese", {"form-to-lead": "delivered"}),
)
"""Three tools."""

LATE = _survey("qualtrics-main", "qualtrics", "detractor", "an older answer, arriving later", "skipped or delivered")
"""Of the detractor among those sent, but given before: the newer answer stands on the contact. It is skipped, or, where
both meet in a batch because the newer one now has a previous score, laid under it."""
