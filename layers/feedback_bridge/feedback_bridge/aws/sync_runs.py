"""Runs of syncs in DynamoDB: who may work on them, where they stand, and what has been.

`{sync}` / `lock`            the run that is under way; there is at most one
`{sync}` / `run#{run}`       one run; `state` is saved after every piece of work, by the worker that holds it
`{sync}` / `good`            what the next run compares with
`{sync}` / `checked`         until when it has been looked whether the sync is due
`{sync}` / `told`            the last trouble that somebody has been told of: with beginning it, or of a run
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from feedback_bridge.aws.clients import client
from feedback_bridge.aws.errors import ConditionFailed, translated
from feedback_bridge.aws.items import from_item, to_item
from feedback_bridge.errors import BridgeError, TransientError
from feedback_bridge.sync.run import LastGood, Run

_RUN, _LOCK, _GOOD, _CHECKED, _TOLD = "run#", "lock", "good", "checked", "told"


class Busy(BridgeError):
    """Another run of this sync is under way."""


class Lost(BridgeError):
    """Another worker has taken the run over: nothing that this one does counts any more."""


@dataclass(frozen=True, slots=True)
class Lock:
    """`beat_at` is when a worker last said that it is alive; `revived` how often a new one had to be sent for."""

    sync: str
    run: str
    beat_at: datetime
    revived: int


@dataclass(frozen=True)
class SyncRuns:
    table: str
    retention_days: int

    def begin(self, run: Run, now: datetime) -> None:
        """Raises Busy."""
        lock = {"sync": run.sync, "name": _LOCK, "run": run.id, "beat_at": now.isoformat(), "revived": 0}
        writes = [
            {"Put": {**self._of(lock), "ConditionExpression": "attribute_not_exists(sync)"}},
            {"Put": self._of(self._item(run))},
        ]
        try:
            with translated("begin a run"):
                client("dynamodb").transact_write_items(TransactItems=writes)
        except TransientError as error:
            if "TransactionCanceled" in str(error) and self.lock(run.sync) is not None:
                raise Busy(f"A run of {run.sync} is under way already.") from error
            raise

    def claim(self, sync: str, run: str, worker: str, now: datetime, until: datetime) -> Run | None:
        """The run as it stands, for this worker alone until then. None: it has ended, or another worker is at it."""
        values = {":me": worker, ":until": until.isoformat(), ":now": now.isoformat(), ":running": "running"}
        try:
            item = self._update(
                sync,
                run,
                "SET worker = :me, worker_until = :until",
                "#status = :running AND (attribute_not_exists(worker_until) OR worker_until < :now OR worker = :me)",
                values,
            )
        except ConditionFailed:
            return None
        self._beat(sync, run, now)
        return Run.model_validate_json(item["state"])

    def save(self, run: Run, worker: str, now: datetime, until: datetime) -> bool:
        """Whether somebody wants the run cancelled. Raises Lost."""
        values = {":me": worker, ":until": until.isoformat(), ":state": run.model_dump_json()}
        try:
            item = self._update(
                run.sync, run.id, "SET #state = :state, worker_until = :until", "worker = :me", values, state=True
            )
        except ConditionFailed:
            raise Lost("Another worker has taken the run over.") from None
        self._beat(run.sync, run.id, now, further=True)
        return bool(item.get("cancel"))

    def let_go(self, run: Run, worker: str) -> None:
        """The next message may claim it at once."""
        try:
            self._update(run.sync, run.id, "REMOVE worker_until", "worker = :me", {":me": worker})
        except ConditionFailed:
            raise Lost("Another worker has taken the run over.") from None

    def finish(self, run: Run, good: LastGood | None, worker: str | None) -> None:
        """The run has ended, and the next one may begin. `worker` is who held it. Raises Lost."""
        put: dict[str, Any] = {"Put": self._of(self._item(run))}
        names, values = {"#status": "status"}, {":running": {"S": "running"}}
        condition = "#status = :running"
        if worker is not None:
            condition, values[":me"] = f"{condition} AND worker = :me", {"S": worker}
        put["Put"] |= {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
        }
        writes: list[dict[str, Any]] = [put, {"Delete": self._unlock(run)}]
        if good is not None:
            item = {"sync": run.sync, "name": _GOOD, "good": good.model_dump_json()}
            writes.append({"Put": self._of(item)})
        try:
            with translated("end a run"):
                client("dynamodb").transact_write_items(TransactItems=writes)
        except TransientError as error:
            if "TransactionCanceled" in str(error):
                raise Lost("Another worker has ended the run.") from error
            raise

    def cancel(self, sync: str, run: str) -> bool:
        """Whether it was running: the worker ends it after the piece of work that it is at."""
        try:
            self._update(sync, run, "SET cancel = :yes", "#status = :running", {":yes": True, ":running": "running"})
        except ConditionFailed:
            return False
        return True

    def find(self, sync: str, run: str) -> Run | None:
        item = self._get(sync, _RUN + run)
        return Run.model_validate_json(item["state"]) if item else None

    def listed(self, sync: str, *, most: int, before: str | None = None) -> list[Run]:
        """Newest first."""
        beyond = {":before": {"S": _RUN + (before or "~")}}
        with translated("read the runs"):
            reply = client("dynamodb").query(
                TableName=self.table,
                KeyConditionExpression="sync = :sync AND #name BETWEEN :first AND :before",
                ExpressionAttributeNames={"#name": "name"},
                ExpressionAttributeValues={":sync": {"S": sync}, ":first": {"S": _RUN}, **beyond},
                ScanIndexForward=False,
                Limit=most + 1,
            )
        runs = [Run.model_validate_json(from_item(item)["state"]) for item in reply["Items"]]
        return [run for run in runs if run.id != before][:most]

    def lock(self, sync: str) -> Lock | None:
        item = self._get(sync, _LOCK)
        return Lock(sync, item["run"], datetime.fromisoformat(item["beat_at"]), item["revived"]) if item else None

    def revive(self, lock: Lock, now: datetime) -> bool:
        """Whether this caller is to send for a new worker: of several that saw the same silence only one."""
        try:
            with translated("revive a run"):
                client("dynamodb").update_item(
                    TableName=self.table,
                    Key=self._key(lock.sync, _LOCK),
                    UpdateExpression="SET beat_at = :now, revived = :revived",
                    ConditionExpression="beat_at = :seen AND #run = :run",
                    ExpressionAttributeNames={"#run": "run"},
                    ExpressionAttributeValues=to_item(
                        {
                            ":now": now.isoformat(),
                            ":revived": lock.revived + 1,
                            ":seen": lock.beat_at.isoformat(),
                            ":run": lock.run,
                        }
                    ),
                )
        except ConditionFailed:
            return False
        return True

    def good(self, sync: str) -> LastGood | None:
        item = self._get(sync, _GOOD)
        return LastGood.model_validate_json(item["good"]) if item else None

    def checked(self, sync: str) -> datetime | None:
        item = self._get(sync, _CHECKED)
        return datetime.fromisoformat(item["until"]) if item else None

    def check(self, sync: str, seen: datetime | None, until: datetime) -> bool:
        """Moves the mark; whether this caller did, and not another one at the same time."""
        guard: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(sync)"}
        if seen is not None:
            guard = {
                "ConditionExpression": "#until = :seen",
                "ExpressionAttributeNames": {"#until": "until"},
                "ExpressionAttributeValues": {":seen": {"S": seen.isoformat()}},
            }
        item = to_item({"sync": sync, "name": _CHECKED, "until": until.isoformat()})
        try:
            with translated("note that a sync was looked at"):
                client("dynamodb").put_item(TableName=self.table, Item=item, **guard)
        except ConditionFailed:
            return False
        return True

    def told_of(self, sync: str) -> str | None:
        """By which name the last trouble was told."""
        item = self._get(sync, _TOLD)
        return item["trouble"] if item else None

    def note_told(self, sync: str, trouble: str) -> None:
        with translated("note that a trouble was told"):
            item = self._of({"sync": sync, "name": _TOLD, "trouble": trouble})
            client("dynamodb").put_item(**item)

    def _item(self, run: Run) -> dict[str, Any]:
        return {
            "sync": run.sync,
            "name": _RUN + run.id,
            "status": run.status,
            "state": run.model_dump_json(),
            "expires_at": int((run.started_at + timedelta(days=self.retention_days)).timestamp()),
        }

    def _beat(self, sync: str, run: str, now: datetime, *, further: bool = False) -> None:
        """A worker that gets `further` makes good for those that died before it."""
        try:
            with translated("say that a run is alive"):
                client("dynamodb").update_item(
                    TableName=self.table,
                    Key=self._key(sync, _LOCK),
                    UpdateExpression="SET beat_at = :now" + (", revived = :none" if further else ""),
                    ConditionExpression="#run = :run",
                    ExpressionAttributeNames={"#run": "run"},
                    ExpressionAttributeValues={
                        ":now": {"S": now.isoformat()},
                        ":run": {"S": run},
                        **({":none": {"N": "0"}} if further else {}),
                    },
                )
        except ConditionFailed:
            raise Lost("The run no longer holds its lock.") from None

    def _update(
        self, sync: str, run: str, update: str, condition: str, values: dict[str, Any], *, state: bool = False
    ) -> dict[str, Any]:
        names = {"#status": "status"} if "#status" in condition else {}
        names |= {"#state": "state"} if state else {}
        with translated("save a run"):
            reply = client("dynamodb").update_item(
                TableName=self.table,
                Key=self._key(sync, _RUN + run),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item(values),
                ReturnValues="ALL_NEW",
                **({"ExpressionAttributeNames": names} if names else {}),
            )
        return from_item(reply["Attributes"])

    def _unlock(self, run: Run) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "Key": self._key(run.sync, _LOCK),
            "ConditionExpression": "#run = :run",
            "ExpressionAttributeNames": {"#run": "run"},
            "ExpressionAttributeValues": {":run": {"S": run.id}},
        }

    def _get(self, sync: str, name: str) -> dict[str, Any] | None:
        with translated("read a sync's state"):
            reply = client("dynamodb").get_item(TableName=self.table, Key=self._key(sync, name), ConsistentRead=True)
        return from_item(reply["Item"]) if "Item" in reply else None

    def _of(self, values: dict[str, Any]) -> dict[str, Any]:
        return {"TableName": self.table, "Item": to_item(values)}

    def _key(self, sync: str, name: str) -> dict[str, Any]:
        return {"sync": {"S": sync}, "name": {"S": name}}
