"""What every writing resource shares: the caller's options, and carrying out a statement."""

from __future__ import annotations

from local.salesforce_org.errors import SalesforceError, not_found
from local.salesforce_org.http_types import RestRequest, position_of
from local.salesforce_org.rows.statement import Options, Statement, Write, run_alone
from local.salesforce_org.rows.unreadable import Unreadable
from local.salesforce_org.schema.model import SObject


def options(request: RestRequest) -> Options:
    """From `Sforce-Auto-Assign` (TRUE, FALSE or a rule's id) and `Sforce-Duplicate-Rule-Header: allowSave=true`."""
    assign = (request.header("Sforce-Auto-Assign") or "TRUE").strip()
    duplicate = (request.header("Sforce-Duplicate-Rule-Header") or "").replace(" ", "").lower()
    return Options(
        assignment={"TRUE": True, "FALSE": False}.get(assign.upper(), assign),
        allow_duplicates="allowsave=true" in duplicate,
    )


def visible_object(request: RestRequest, name: str) -> SObject:
    """The object, or 404 when it does not exist or the user may not see it."""
    sobject = request.org.schema.find(name)
    if sobject is None or not request.session.permissions.object(sobject).read:
        raise not_found()
    return sobject


def perform(request: RestRequest, writes: list[Write], *, all_or_none: bool = False) -> None:
    """Carries the writes out, in the transaction of the composite around them if there is one."""
    if request.transaction is None:
        run_alone(request.org, request.session, options(request), writes, all_or_none=all_or_none)
    else:
        statement = Statement(request.org, request.session, options(request), request.transaction)
        statement.run(writes, all_or_none=all_or_none)


def locate(request: RestRequest, problem: SalesforceError, record: int | None = None) -> SalesforceError:
    """Fills in where in the body an unreadable value stands."""
    if isinstance(problem, Unreadable) and request.body:
        problem.at(*position_of(request.text, problem.field_name, record))
    return problem
