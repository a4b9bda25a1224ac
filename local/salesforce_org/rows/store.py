"""Rows in memory. A row is a dict of the fields that are not null, each value just as it is written to JSON.

Rows are never changed in place: a write puts a new dict, so an undo log of old dicts is a complete rollback.
Callers hold the org's mutex.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from local.salesforce_org.schema.model import Field, SObject

Row = dict[str, Any]
NOT_INDEXED = frozenset({"Id", "CreatedById", "LastModifiedById"})


def index_key(field: Field, value: Any) -> Any:
    """Text is compared without regard to case, unless the field says otherwise; ids and numbers as they are."""
    if isinstance(value, str) and not field.case_sensitive and field.type not in ("id", "reference"):
        return value.lower()
    return value


class Table:
    """The rows of one object, live and in the recycle bin, with an index for each indexed field."""

    def __init__(self, sobject: SObject) -> None:
        self.sobject = sobject
        self.rows: dict[str, Row] = {}
        self.deleted: dict[str, Row] = {}
        self.next_number = 1
        # A bucket is one id, or an ordered dict of ids when several rows share the value.
        self._indexes: dict[str, dict[Any, str | dict[str, None]]] = {}
        self.reindex()

    def reindex(self) -> None:
        """Rebuilds the indexes; needed after the object's fields changed."""
        self._indexed = [f for f in self.sobject.fields.values() if f.indexed and f.name not in NOT_INDEXED]
        self._indexes = {f.name: {} for f in self._indexed}
        for row in self.rows.values():
            self._index(row)

    def get(self, record_id: str) -> Row | None:
        return self.rows.get(record_id)

    def put(self, row: Row) -> Row | None:
        """Stores a live row; returns the one it replaces."""
        record_id = row["Id"]
        old = self.rows.get(record_id)
        if old is None:
            self.rows[record_id] = row
            self._index(row)
            return None
        self.rows[record_id] = row
        for field in self._indexed:
            before, after = old.get(field.name), row.get(field.name)
            if before != after:
                self._drop(field, before, record_id)
                self._add(field, after, record_id)
        return old

    def remove(self, record_id: str) -> Row:
        row = self.rows.pop(record_id)
        for field in self._indexed:
            self._drop(field, row.get(field.name), record_id)
        return row

    def find(self, field: Field, value: Any) -> list[str] | None:
        """Ids of the rows with this value, oldest first; None when the field has no index."""
        if field.name == "Id":
            return [value] if value in self.rows else []
        index = self._indexes.get(field.name)
        if index is None:
            return None
        bucket = index.get(index_key(field, value))
        if bucket is None:
            return []
        return [bucket] if isinstance(bucket, str) else list(bucket)

    def is_indexed(self, field: Field) -> bool:
        return field.name == "Id" or field.name in self._indexes

    def all_rows(self) -> Iterator[Row]:
        """Live and deleted, for queryAll."""
        yield from self.rows.values()
        yield from self.deleted.values()

    def _index(self, row: Row) -> None:
        record_id = row["Id"]
        for field in self._indexed:
            value = row.get(field.name)
            if value is not None:
                self._add(field, value, record_id)

    def _add(self, field: Field, value: Any, record_id: str) -> None:
        if value is None:
            return
        index, key = self._indexes[field.name], index_key(field, value)
        bucket = index.get(key)
        if bucket is None:
            index[key] = record_id
        elif isinstance(bucket, str):
            index[key] = {bucket: None, record_id: None}
        else:
            bucket[record_id] = None

    def _drop(self, field: Field, value: Any, record_id: str) -> None:
        if value is None:
            return
        index, key = self._indexes[field.name], index_key(field, value)
        bucket = index.get(key)
        if isinstance(bucket, dict):
            bucket.pop(record_id, None)
            if not bucket:
                del index[key]
        elif bucket == record_id:
            del index[key]


class Store:
    """Every table of the org, and writes that remember how to take themselves back."""

    def __init__(self, objects: Iterable[SObject]) -> None:
        self.tables = {item.name: Table(item) for item in objects}

    def table(self, sobject: SObject) -> Table:
        table = self.tables.get(sobject.name)
        if table is None:
            table = self.tables[sobject.name] = Table(sobject)
        return table

    def clear(self) -> None:
        self.tables = {name: Table(table.sobject) for name, table in self.tables.items()}


class UndoLog:
    """The way back to before a statement. Entries are undone last first."""

    def __init__(self) -> None:
        self._entries: list[Callable[[], None]] = []

    def mark(self) -> int:
        return len(self._entries)

    def put(self, table: Table, row: Row) -> None:
        old = table.put(row)
        if old is None:
            self._entries.append(lambda: _discard(table, row["Id"]))
        else:
            self._entries.append(lambda: _restore(table, old))

    def bin(self, table: Table, record_id: str) -> None:
        """Moves a row to the recycle bin."""
        row = table.remove(record_id)
        table.deleted[record_id] = {**row, "IsDeleted": True}

        def back() -> None:
            del table.deleted[record_id]
            table.put(row)

        self._entries.append(back)

    def undo(self, mark: int = 0) -> None:
        while len(self._entries) > mark:
            self._entries.pop()()


def _discard(table: Table, record_id: str) -> None:
    table.remove(record_id)


def _restore(table: Table, row: Row) -> None:
    table.put(row)
