"""What automations are called where deliveries are listed, beside mappings: no mapping's id has a dot."""

_PREFIX, _ESCALATION = "automation.", ".escalation"


def run_name(automation: str) -> str:
    return _PREFIX + automation


def escalation_name(automation: str) -> str:
    return _PREFIX + automation + _ESCALATION


def is_automation(name: str | None) -> bool:
    return name is not None and name.startswith(_PREFIX)
