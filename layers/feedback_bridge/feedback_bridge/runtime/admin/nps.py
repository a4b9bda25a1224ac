"""The Net Promoter Score of everybody or of an account, over time and by segment."""

from datetime import timedelta
from typing import Any

from feedback_bridge.aws.account_items import known_in
from feedback_bridge.aws.history import SHARDS, HistoryTable, shard_of
from feedback_bridge.health.known import NAME, Known
from feedback_bridge.nps.accounts import account_key, salesforce_account_key
from feedback_bridge.nps.report import report
from feedback_bridge.runtime import histories
from feedback_bridge.runtime.admin.call import Call, Endpoint, Reply, unfit

USUAL_DAYS, MOST_DAYS = 365, 3660


def show(call: Call) -> Reply:
    """`account` is a Salesforce id, or the id of a tool with `source`, which stands for the Salesforce id that it is
    linked to. `since` and `until` are days in UTC."""
    until = (call.moment("until") or call.now).date()
    since = (call.moment("since") or call.now - timedelta(days=USUAL_DAYS - 1)).date()
    if not 0 <= (until - since).days <= MOST_DAYS:
        raise unfit("since", f"must be before until, by at most {MOST_DAYS} days")
    account = call.query.get("account")
    table = histories.table()
    owners = [shard_of(number) for number in range(SHARDS)] if account is None else [_owner(table, call, account)]
    items = [item for owner in owners for item in table.months(owner, since, until)]
    told = {"account": account, **report(items, since, until)}
    return Reply(200, told if account is None else told | _known(table, owners[0]))


def _known(table: HistoryTable, owner: str) -> dict[str, Any]:
    """The account's renewal, and its health by document, as of last night; nothing where nothing was found out."""
    known: dict[str, Any] = _read(table, owner).model_dump(
        mode="json", include={"renewal", "health"}, exclude_none=True
    )
    return {name: value for name, value in known.items() if value}


def _read(table: HistoryTable, owner: str) -> Known:
    return known_in(table.counts([(owner, NAME)]).get((owner, NAME), {}))


def _owner(table: HistoryTable, call: Call, account: str) -> str:
    source = call.query.get("source")
    key = salesforce_account_key(account) if source is None else account_key(source, account)
    if key is None:
        raise unfit("account", "must be an account's Salesforce id, or a tool's own id with the source that it is of")
    return key if source is None else _read(table, key).same_as or key


ENDPOINTS = (Endpoint("GET", "/admin/nps", "viewer", show),)
