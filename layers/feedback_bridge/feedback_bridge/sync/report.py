"""The rows that a run did not write, as people get them."""

from collections.abc import Mapping

COLUMNS = ("trouble", "key", "record_id", "field", "reason", "since")


def csv_cells(row: Mapping[str, str]) -> list[str]:
    """A cell that a spreadsheet would take for a formula is shown as text."""
    cells = [row[name] for name in COLUMNS]
    return [f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell for cell in cells]
