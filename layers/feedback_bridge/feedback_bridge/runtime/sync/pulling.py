"""Salesforce to the tool: what has changed since the last good run, in the order in which it changed.

The cursor is SystemModstamp and Id together. It is moved once a page is safe, and a run begins a little before it:
a transaction of Salesforce may become visible after a later one. What is then seen again, and what only our own push
has touched, has the fingerprint that it had before, and is not sent.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from simple_salesforce.format import format_soql

from feedback_bridge.errors import PermanentError
from feedback_bridge.mapping.read import RecordQuery
from feedback_bridge.runtime.sync.fingerprints import Fingerprints
from feedback_bridge.runtime.sync.tools import Metadata
from feedback_bridge.runtime.sync.work import Work
from feedback_bridge.salesforce.soql import checked
from feedback_bridge.sync.compare import Issue
from feedback_bridge.sync.keys import normaliser

ROWS_A_PAGE = 5_000
OVERLAP = timedelta(minutes=5)


def pull(work: Work) -> None:
    """One page of changed records."""
    run = work.run
    cursor = run.pulling or _beginning(work)
    rows = _changed(work, cursor)
    if rows and not run.dry_run:
        _send(work, rows)
        last = rows[-1]
        following = {"stamp": last["SystemModstamp"], "id": last["Id"]}
        if following == run.pulling:
            raise PermanentError("Salesforce gave the same records twice where it was asked to go on.")
        run.pulling = following
    elif run.dry_run:
        run.counts.pulled += len(rows)
    if len(rows) < ROWS_A_PAGE or run.dry_run:
        run.phase = "report"


def _beginning(work: Work) -> dict[str, str] | None:
    held = work.good.pull_cursor if work.good else None
    if not held:
        return None
    stamp = datetime.fromisoformat(held["stamp"].replace("+0000", "+00:00")) - OVERLAP
    return {"stamp": stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "id": ""}


def _changed(work: Work, cursor: dict[str, str] | None) -> list[dict[str, Any]]:
    sync = work.sync
    fields = list(sync.pull.fields) if sync.pull else []
    names = list(dict.fromkeys(["Id", "SystemModstamp", "IsDeleted", sync.salesforce.key, *fields]))
    text = f"SELECT {', '.join(map(checked, names))} FROM {checked(sync.salesforce.object)}"  # noqa: S608 - checked
    if cursor:
        # As a datetime it is a literal without quotes; what is put there is one by its own form.
        stamp = format_soql("{}", datetime.fromisoformat(cursor["stamp"].replace("+0000", "+00:00")))
        after = f"SystemModstamp > {stamp}"
        if cursor["id"]:
            after = f"({after} OR (SystemModstamp = {stamp} AND Id > {format_soql('{}', cursor['id'])}))"
        text += f" WHERE {after}"
    text += f" ORDER BY SystemModstamp, Id LIMIT {ROWS_A_PAGE}"
    session = work.org.session()
    return [dict(row) for row in session.query_all_iter(text, include_deleted=True)]


def _send(work: Work, rows: list[dict[str, Any]]) -> None:
    counts = work.run.counts
    counts.pulled += len(rows)
    fingerprints = Fingerprints(work.files)
    known = fingerprints.of([row["Id"] for row in rows])
    news: dict[str, str] = {}
    batch: dict[str, Metadata] = {}
    issues: list[Issue] = []
    live: set[str] = set()
    for row, item in _items(work, rows, issues):
        own = _fingerprint(item)
        if known.get(row["Id"]) == own:
            continue
        news[row["Id"]] = own
        batch[item.key] = item
        live |= {item.key} if not row["IsDeleted"] else set()
    for key in _shared(work, sorted(live)):
        issues.append(Issue("ambiguous", key, "several Salesforce records have this key"))
        del batch[key]
    counts.pulled_changed += len(batch)
    refused = work.tool.write(list(batch.values()), _name(rows)) if batch else {}
    # What the tool does not know is asked again when the record changes, and told until then.
    issues += [Issue("unmatched", key, reason) for key, reason in refused.items()]
    counts.pulled_written += len(batch) - len(refused)
    counts.tool_calls += -(-len(batch) // 1000)
    fingerprints.put(news)
    work.issue(f"pulled-{_name(rows)}", issues)


def _shared(work: Work, keys: list[str]) -> list[str]:
    """Those of the keys that more than one record has, also records that have not changed."""
    sync = work.sync.salesforce
    number = work.schema.fields[sync.key].type.lower() in ("int", "long", "double", "currency", "percent")
    queries = [RecordQuery(sync.object, ((sync.key, float(key) if number else key),)) for key in keys]
    return [key for key, found in zip(keys, work.org.find(queries), strict=True) if len(found) > 1]


def _items(work: Work, rows: list[dict[str, Any]], issues: list[Issue]) -> Iterator[tuple[dict[str, Any], Metadata]]:
    """Records as metadata. A deleted one is told, and clears or keeps what it gave as the sync says."""
    pull, key_field = work.sync.pull, work.sync.salesforce.key
    assert pull is not None  # noqa: S101 - a run pulls only where the sync does
    normalise = normaliser(work.run.key_kind)
    for row in rows:
        key = "" if row[key_field] is None else str(row[key_field]).strip()
        if normalise(key) is None:
            if not row["IsDeleted"]:
                issues.append(Issue("invalid", key[:200], "the key is empty or cannot be read", row["Id"]))
            continue
        values = {name: _value(row[field]) for field, name in pull.fields.items()}
        if row["IsDeleted"]:
            work.run.counts.pulled_deleted += 1
            issues.append(Issue("unmatched", key, "the Salesforce record was deleted", row["Id"]))
            if pull.deleted == "keep":
                continue
            values = dict.fromkeys(values)
        elif pull.blanks == "keep":
            values = {name: value for name, value in values.items() if value is not None}
        yield row, Metadata(key, values)


def _value(value: Any) -> Any:
    """Salesforce's JSON is the tool's: numbers, booleans and text as they are; a whole number without its fraction."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if value != "" else None


def _fingerprint(item: Metadata) -> str:
    text = json.dumps([item.key, item.values], ensure_ascii=False, sort_keys=True)
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _name(rows: list[dict[str, Any]]) -> str:
    """The same whenever the same page is sent again."""
    return f"{rows[0]['SystemModstamp'][:19].replace(':', '')}-{rows[0]['Id']}"
