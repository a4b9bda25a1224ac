"""Opportunities: what the stage says about probability, forecast and closing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.salesforce_org.clock import now_wire
from local.salesforce_org.rows.store import Row

if TYPE_CHECKING:
    from local.salesforce_org.rows.statement import Statement

# Stage: probability in per cent, forecast category, its name. The stages of a new org.
STAGES: dict[str, tuple[float, str, str]] = {
    "Prospecting": (10.0, "Pipeline", "Pipeline"),
    "Qualification": (10.0, "Pipeline", "Pipeline"),
    "Needs Analysis": (20.0, "Pipeline", "Pipeline"),
    "Value Proposition": (50.0, "Pipeline", "Pipeline"),
    "Id. Decision Makers": (60.0, "Pipeline", "Pipeline"),
    "Perception Analysis": (70.0, "Pipeline", "Pipeline"),
    "Proposal/Price Quote": (75.0, "Pipeline", "Pipeline"),
    "Negotiation/Review": (90.0, "Pipeline", "Pipeline"),
    "Closed Won": (100.0, "Closed", "Closed"),
    "Closed Lost": (0.0, "Omitted", "Omitted"),
}


def before_opportunity(statement: Statement, old: Row, row: Row) -> None:
    stage = row.get("StageName") or ""
    if old.get("StageName") != stage:
        probability, category, category_name = STAGES.get(stage, (0.0, "Pipeline", "Pipeline"))
        if row.get("Probability") == old.get("Probability"):
            row["Probability"] = probability
        row["ForecastCategory"], row["ForecastCategoryName"] = category, category_name
        if old:
            row["LastStageChangeDate"] = now_wire()
    row["IsClosed"] = stage.startswith("Closed")
    row["IsWon"] = stage == "Closed Won"
    amount = row.get("Amount")
    row["ExpectedRevenue"] = None if amount is None else round(amount * (row.get("Probability") or 0.0) / 100, 2)
