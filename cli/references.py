"""How the command line names config documents: `mapping nps-to-contact` or `mapping/nps-to-contact`."""

from collections.abc import Sequence

from cli.failure import Failure
from feedback_bridge.config.kinds import KINDS, Kind, kind_named


def named(arguments: Sequence[str]) -> list[tuple[Kind, str]]:
    """Raises Failure."""
    if len(arguments) == 2 and "/" not in "".join(arguments):
        return [(one_kind(arguments[0]), arguments[1])]
    found = []
    for argument in arguments:
        kind, slash, document_id = argument.partition("/")
        if not slash or not document_id:
            raise Failure(
                f"{argument!r} names no config document: write it as KIND/ID, such as mapping/nps-to-contact."
            )
        found.append((one_kind(kind), document_id))
    return found


def one_named(arguments: Sequence[str]) -> tuple[Kind, str]:
    """Raises Failure."""
    found = named(arguments)
    if len(found) != 1:
        raise Failure("Name one config document.")
    return found[0]


def one_kind(text: str) -> Kind:
    """Raises Failure."""
    kind = kind_named(text)
    if kind is None:
        raise Failure(f"There is no kind {text!r}; there are {', '.join(kind.name for kind in KINDS)}.")
    return kind
