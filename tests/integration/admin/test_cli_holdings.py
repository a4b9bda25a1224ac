"""`bridge list`, `show`, `delete` and what --help says: finding one's way among what the stack holds."""

from pathlib import Path

import pytest

from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import Bridge


def test_what_is_shown_is_a_file_that_changes_nothing(bridge: Bridge, typeform: object, tmp_path: Path) -> None:
    assert bridge("list", "sources").stdout.splitlines()[1] == "source\ttypeform-main\t1\tin force"
    (tmp_path / "source.yaml").write_text(bridge("show", "source/typeform-main").stdout)
    assert bridge("diff", "-f", str(tmp_path), "--exit-code").ok


def test_a_document_is_deleted_only_by_who_means_it(bridge: Bridge, admin: Admin, typeform: object) -> None:
    assert bridge("delete", "source/typeform-main", stdin="n\n").exit_code == 1
    assert bridge("delete", "source/typeform-main", "--json").exit_code == 1
    assert admin.get("/admin/sources/typeform-main").status == 200
    assert bridge("delete", "source", "typeform-main", "--yes").ok
    assert bridge("show", "source/typeform-main").stderr == "There is no source named typeform-main.\n"


def test_a_source_or_sync_that_is_not_there_is_not_silently_empty(bridge: Bridge, typeform: object) -> None:
    assert bridge("sync", "runs", "nope").stderr == "There is no sync named nope.\n"
    assert bridge("backfill", "nope", "--since", "2026-11-01").exit_code == 1


@pytest.mark.parametrize("group", [(), ("deliveries",), ("dead-letters",), ("secrets",), ("sources",), ("sync",)])
def test_help_says_each_command_in_one_whole_line(bridge: Bridge, group: tuple[str, ...]) -> None:
    lines = bridge(*group, "--help").stdout.partition("Commands:")[2].splitlines()
    assert lines
    assert not [line for line in lines if line.endswith("...")]
