"""What automations are called where deliveries are listed, beside mappings: no mapping's id has a dot."""

_PREFIX, _ESCALATION = "automation.", ".escalation"


def run_name(automation: str) -> str:
    return _PREFIX + automation


def escalation_name(automation: str) -> str:
    return _PREFIX + automation + _ESCALATION


def is_automation(name: str | None) -> bool:
    return name is not None and name.startswith(_PREFIX)


def names_of(kind: str, document_id: str) -> tuple[str, ...]:
    """What the deliveries of a mapping or an automation are listed under; none for other kinds of documents."""
    both = {"mapping": (document_id,), "automation": (run_name(document_id), escalation_name(document_id))}
    return both.get(kind, ())


def document_of(name: str) -> tuple[str, str]:
    """Kind and id of the mapping or automation whose deliveries are listed under it."""
    return ("automation", name.split(".")[1]) if is_automation(name) else ("mapping", name)
