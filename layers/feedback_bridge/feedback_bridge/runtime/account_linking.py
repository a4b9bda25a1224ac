"""Every night: the accounts of tools that Salesforce knows by their id are counted under their Salesforce id."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from feedback_bridge.aws.account_links import move_counts, rename
from feedback_bridge.aws.history import HistoryTable, entry_in
from feedback_bridge.config.org import OrgDocument
from feedback_bridge.delivery.outcome import Refused
from feedback_bridge.errors import PermanentError
from feedback_bridge.mapping.read import RecordQuery, Row
from feedback_bridge.nps.accounts import account_id
from feedback_bridge.nps.ledger import Person
from feedback_bridge.nps.links import Links, accounts_of, moved, named_by_one, of_a_tool
from feedback_bridge.runtime.observability import logger
from feedback_bridge.runtime.orgs import org
from feedback_bridge.runtime.reading import configs


def links_of(accounts: Iterable[str]) -> dict[str, str]:
    """Those of these accounts that are one Account of all orgs together. Raises TransientError, PermanentError."""
    tools = sorted(account for account in accounts if of_a_tool(account))
    found: dict[str, set[str]] = {key: set() for key in tools}
    for document in _orgs() if tools else ():
        for key, rows in zip(tools, _accounts(document, tools), strict=True):
            found[key] |= {str(row["Id"]) for row in rows}
    links, shared = named_by_one(found)
    if shared:
        logger.warning("ids of tools that several Accounts have are not linked", extra={"ids": shared})
    return links


def rename_in_histories(table: HistoryTable, links: Links) -> int:
    """How many people; who answers meanwhile is left for the next night. Raises TransientError."""
    done = 0
    for item in table.everything():
        entry = entry_in(item)
        if isinstance(entry, Person) and accounts_of(entry) & links.keys():
            done += rename(table, moved(entry, links))
    return done


def move_all(table: HistoryTable, links: Links, now: datetime) -> int:
    """How many items of counts. Raises TransientError."""
    return sum(move_counts(table, tool, account, now) for tool, account in links.items())


def _orgs() -> list[OrgDocument]:
    known = (OrgDocument.model_validate(item.document) for item in configs().all_published("org") if item.enabled)
    return [document for document in known if document.account_key]


def _accounts(document: OrgDocument, tools: Sequence[str]) -> list[list[Row]]:
    asked = [RecordQuery("Account", ((str(document.account_key), account_id(key)),)) for key in tools]
    try:
        return org(document.id).find(asked)
    except Refused as error:
        raise PermanentError(f"account_key of org {document.id}: {error.refusal.reason}") from error
