"""Parquet as a warehouse leaves it: read here and there from S3, page by page, and refused in plain words."""

import io
import sys
from typing import Any

import arro3.io
import boto3
import pytest
from arro3.core import Array, DataType, Table

from feedback_bridge.aws import object_bytes
from feedback_bridge.aws.object_bytes import ObjectBytes
from feedback_bridge.runtime.sync import parquet_tool, reading
from local.salesforce_org.running import RunningOrg
from tests.integration.sync_in_use import SYNC, SyncInUse

TEXT, WHOLE = DataType.string(), DataType.int64()
PARQUET = {**SYNC, "tool": {**SYNC["tool"], "path": "usage/accounts.parquet", "format": "parquet"}}


@pytest.fixture
def use(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> SyncInUse:
    use = SyncInUse(aws, salesforce, credentials)
    use.publish(PARQUET)
    return use


def put(use: SyncInUse, data: bytes) -> None:
    boto3.client("s3").put_object(Bucket=use.bucket, Key="files/usage/accounts.parquet", Body=data)


def parquet(**columns: Any) -> bytes:
    file = io.BytesIO()
    arro3.io.write_parquet(Table.from_pydict(columns), file, max_row_group_size=4, compression="zstd(3)")
    return file.getvalue()


def report(days: list[int | None], **more: Any) -> bytes:
    numbers = [f"顧客{index}" for index in range(len(days))]
    moments = Array([1_795_230_245_678 for _ in days], WHOLE).cast(DataType.timestamp("ms", tz="Asia/Tokyo"))
    nps = Array(["-40.50"] * len(days), TEXT).cast(DataType.decimal128(10, 2))
    columns = {"account": Array(numbers, TEXT), "days": Array(days, WHOLE), "nps": nps, "last": moments}
    return parquet(**{**columns, **more})


def test_whole_numbers_decimals_times_and_nulls_land_as_the_fields_types(use: SyncInUse) -> None:
    use.accounts("顧客0", "顧客1")
    put(use, report([12, None]))
    run = use.run()
    assert (run.status, run.counts.read, run.counts.written) == ("succeeded", 2, 2), run.reason
    first, second = use.account("顧客0"), use.account("顧客1")
    assert (first["Pendo_Days_Active__c"], first["Pendo_Last_Visit__c"]) == (12, "2026-11-21")
    assert second["Pendo_Days_Active__c"] is None
    assert use.run().counts.changed == 0


def test_a_long_file_is_read_in_pages_from_where_the_last_one_ended(
    use: SyncInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CELLS_A_PAGE", 1)
    monkeypatch.setattr(reading, "FEWEST_ROWS", 3)
    monkeypatch.setattr(parquet_tool, "ROWS_A_BATCH", 2)
    use.accounts(*[f"顧客{index}" for index in range(10)])
    put(use, report(list(range(10))))
    run = use.run()
    assert (run.counts.read, run.counts.written, run.tool.chunks) == (10, 10, 4), run.reason
    assert [use.account(f"顧客{index}")["Pendo_Days_Active__c"] for index in (0, 9)] == [0, 9]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"account,days,nps,last\nA-1,1,1,\n", "cannot be read as Parquet"),
        (b"", "cannot be read as Parquet"),
        (parquet(account=Array(["A-1"], TEXT)), "no longer has days, nps, last"),
        (report([1])[:-9], "cannot be read as Parquet"),
    ],
)
def test_what_is_no_report_stops_the_run_and_says_why(use: SyncInUse, data: bytes, reason: str) -> None:
    put(use, data)
    run = use.run()
    assert run.status == "stopped"
    assert reason in str(run.reason)


def test_without_the_layer_the_run_says_what_is_needed_and_what_works_without(
    use: SyncInUse, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(use, report([1]))
    monkeypatch.setitem(sys.modules, "arro3.io", None)
    run = use.run()
    assert run.status == "stopped"
    assert "ParquetLayer" in str(run.reason)
    assert "CSV and JSON Lines" in str(run.reason)


def test_a_file_that_is_not_there_is_told(use: SyncInUse) -> None:
    assert use.run().reason == "There is no file usage/accounts.parquet below files/."


def test_a_file_that_is_replaced_while_it_is_read_stops_the_run(use: SyncInUse) -> None:
    put(use, report([1, 2]))
    tool = parquet_tool.ParquetFile(parquet_file_settings(), use.bucket)
    page = tool.read({}, ["days"], 1)
    assert len(list(page.rows)) == 1
    put(use, report([3, 4]))
    position = page.position()
    assert position is not None
    with pytest.raises(parquet_tool.Stopped, match="replaced"):
        list(tool.read(position, ["days"], 1).rows)


def parquet_file_settings() -> Any:
    from feedback_bridge.sync.document import parse_sync

    return parse_sync(PARQUET).tool


def test_an_object_is_read_here_and_there_as_a_file_is(use: SyncInUse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_bytes, "BLOCK_BYTES", 5)
    monkeypatch.setattr(object_bytes, "MOST_BLOCKS", 2)
    data = bytes(range(23))
    put(use, data)
    file, plain = ObjectBytes(use.bucket, "files/usage/accounts.parquet"), io.BytesIO(data)
    file.open()
    for offset, whence, size in ((-8, 2, 8), (0, 0, 3), (1, 1, 12), (20, 0, 50), (4, 0, 1), (0, 0, -1), (23, 0, 4)):
        assert file.seek(offset, whence) == plain.seek(offset, whence)
        assert file.read(size) == plain.read(size)
        assert file.tell() == plain.tell()
