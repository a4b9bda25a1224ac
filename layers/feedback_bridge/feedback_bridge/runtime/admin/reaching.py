"""The org that a request is about, with its refusals as answers of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from feedback_bridge.delivery.outcome import Meaning, Refused
from feedback_bridge.errors import PermanentError, TransientError
from feedback_bridge.runtime.admin.call import Unusable, Wrong
from feedback_bridge.runtime.orgs import org
from feedback_bridge.runtime.reading import configs

if TYPE_CHECKING:
    from feedback_bridge.salesforce.org import Org

_PASSING = frozenset({Meaning.RETRY, Meaning.SLOW_DOWN, Meaning.PARK, Meaning.LOG_IN})


@contextmanager
def reached(org_id: str) -> Iterator["Org"]:
    """The published org. Raises Wrong 404 when there is none, Unusable when its secret or permissions keep us out,
    TransientError when it does not answer now."""
    if configs().published("org", org_id) is None:
        raise Wrong(404, f"There is no published org named {org_id}.")
    try:
        yield org(org_id)
    except Refused as error:
        if error.refusal.meaning in _PASSING:
            raise TransientError(f"Org {org_id}: {error.refusal.reason}") from error
        raise Unusable(f"Org {org_id}: {error.refusal.reason}") from error
    except (Unusable, TransientError):
        raise
    except PermanentError as error:
        raise Unusable(f"Org {org_id}: {error}") from error
