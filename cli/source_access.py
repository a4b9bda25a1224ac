"""A source as the commands about its secret need it: where it is called, and what its secret is named."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cli.failure import Failure
from cli.options import Session
from cli.stack import aws_sentences
from feedback_bridge.config.org import org_of_source


@dataclass(frozen=True)
class Source:
    """`document` is the draft, or what is in force where there is none; `secret` names its secret."""

    id: str
    document: Mapping[str, Any]
    published: bool
    url: str
    secret: str

    @property
    def type(self) -> str:
        return str(self.document["type"])

    def url_with(self, secret: str) -> str:
        """With the secret in it, for a tool that carries it in the address."""
        name = _query_name(self.document)
        return f"{self.url}?{name}={quote(secret, safe='')}" if name else self.url


def find_source(session: Session, source_id: str) -> Source:
    """Raises Failure."""
    if (org_id := org_of_source(source_id)) is not None:
        return _sending_org(session, source_id, org_id)
    held = session.api.get("sources", source_id)
    document = (held["draft"] or held["published"])["document"]
    if not isinstance(document.get("type"), str) or not isinstance(document.get("secret"), str):
        raise Failure(f"The source {source_id} has no type or no secret: see `bridge diff`.")
    url = f"{session.api.url}/in/{source_id}"
    return Source(source_id, document, held["published"] is not None, url, document["secret"])


def _sending_org(session: Session, source_id: str, org_id: str) -> Source:
    held = session.api.get("orgs", org_id)
    document = (held["draft"] or held["published"])["document"]
    outbound = document.get("outbound_messages")
    if not outbound:
        raise Failure(f"The org {org_id} has no outbound_messages in its document.")
    url = f"{session.api.url}/salesforce/{org_id}/outbound-messages"
    told = {"type": "salesforce", **outbound}
    return Source(source_id, told, held["published"] is not None, url, outbound["secret"])


def _query_name(document: Mapping[str, Any]) -> str | None:
    """The parameter of the address that carries the secret, also where the tool's own settings say so by default."""
    from feedback_bridge.sources.registry import tool

    if document.get("signature"):
        return None
    default = tool(document["type"]).Settings.model_fields.get("shared_secret")
    usual = default.get_default() if default else None
    place = document.get("shared_secret") or (usual.model_dump() if usual else {})
    name = place.get("query")
    return str(name) if name else None


def read_secret(session: Session, name: str) -> list[str]:
    """Its lines: two while it is being changed. Raises Failure."""
    client = session.stack.client("secretsmanager")
    with aws_sentences(f"read the secret {name}"):
        try:
            text = client.get_secret_value(SecretId=f"{session.stack.name}/{name}")["SecretString"]
        except client.exceptions.ResourceNotFoundException:
            raise Failure(f"There is no secret {name}: set it with `bridge secrets set {name}`.") from None
    return [line for line in map(str.strip, text.splitlines()) if line]


def create_secret(session: Session, name: str, text: str) -> None:
    """Raises Failure where there is one already."""
    client = session.stack.client("secretsmanager")
    with aws_sentences(f"make the secret {name}"):
        try:
            client.create_secret(Name=f"{session.stack.name}/{name}", SecretString=text)
        except client.exceptions.ResourceExistsException:
            reason = f"There is a secret {name} already; --secret {name} uses it, --secret OTHER makes another one."
            raise Failure(reason) from None


def replace_secret(session: Session, name: str, text: str) -> None:
    with aws_sentences(f"change the secret {name}"):
        client = session.stack.client("secretsmanager")
        client.put_secret_value(SecretId=f"{session.stack.name}/{name}", SecretString=text)


def forget_secret(session: Session, name: str) -> None:
    with aws_sentences(f"remove the secret {name}"):
        client = session.stack.client("secretsmanager")
        client.delete_secret(SecretId=f"{session.stack.name}/{name}", ForceDeleteWithoutRecovery=True)
