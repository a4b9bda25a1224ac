"""Who may import whom (docs/architecture.md), read from the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/feedback_bridge/feedback_bridge"
PURE = {"feedback", "sources", "nps", "mapping", "delivery", "config", "automation", "sync", "ideas", "health"}
ADAPTERS = {"aws", "salesforce"}
IMPURE_MODULES = {"boto3", "botocore", "requests", "urllib3", "os", "time", "random", "logging", "socket", "secrets"}
SPEAKS_TO_A_NETWORK = {"sources/fetch.py"}
"""The one exception that the design grants: fetching the answers of an event that was only announced."""


def modules(*parts: str) -> list[Path]:
    return sorted(PACKAGE.joinpath(*parts).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, also inside functions; type-checking imports count."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def room(module: str) -> str | None:
    """`mapping` of `feedback_bridge.mapping.plan`; None for a module that is not ours."""
    parts = module.split(".")
    return parts[1] if parts[0] == "feedback_bridge" and len(parts) > 1 else None


@pytest.mark.parametrize("package", sorted(PURE))
def test_pure_packages_know_neither_network_nor_clock_nor_adapters(package: str) -> None:
    for path in modules(package):
        name = path.relative_to(PACKAGE).as_posix()
        for module in imports(path):
            assert room(module) in PURE | {None, "errors"}, f"{name} imports {module}"
            if name not in SPEAKS_TO_A_NETWORK:
                assert module.partition(".")[0] not in IMPURE_MODULES, f"{name} imports {module}"
        code = path.read_text(encoding="utf-8")
        assert not any(clock in code for clock in ("datetime.now(", "datetime.utcnow(", "date.today(")), name


def test_the_adapters_do_not_know_each_other() -> None:
    for package in ADAPTERS:
        for path in modules(package):
            allowed = PURE | {package, None, "errors"}
            for module in imports(path):
                assert room(module) in allowed, f"{path.relative_to(PACKAGE)} imports {module}"


def test_only_the_settings_read_the_environment() -> None:
    for path in modules():
        if path.relative_to(PACKAGE).as_posix() != "runtime/settings.py":
            assert "os" not in set(imports(path)), path.relative_to(PACKAGE)


def test_functions_are_one_file_that_only_knows_the_runtime() -> None:
    folders = [folder for folder in (ROOT / "functions").iterdir() if folder.is_dir() and folder.name != "__pycache__"]
    assert folders
    for folder in folders:
        assert [path.name for path in folder.iterdir() if path.name != "__pycache__"] == ["app.py"], folder.name
        for module in imports(folder / "app.py"):
            assert room(module) in {"runtime", None}, f"{folder.name} imports {module}"
        assert len((folder / "app.py").read_text().splitlines()) <= 40, folder.name


def test_no_room_is_called_a_drawer() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
    for folder in ("layers", "functions", "cli", "local", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not drawers & set(path.relative_to(ROOT).with_suffix("").parts), path


def test_files_stay_small() -> None:
    for folder in ("layers", "functions", "cli", "local", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path.relative_to(ROOT)
