"""SOQL errors: a piece of the query, a caret below the culprit, its row and column, and the reason."""

from __future__ import annotations

from local.salesforce_org.errors import SalesforceError

BEFORE, AFTER = 32, 40
APPEND = (
    "If you are attempting to use a custom {}, be sure to append the '__c' after the {} name. "
    "Please reference your WSDL or the describe call for the appropriate names."
)


class SoqlRefusal(Exception):
    """A refusal that still needs the text of the query to point into."""

    def __init__(self, code: str, message: str, position: int) -> None:
        super().__init__(message)
        self.code, self.message, self.position = code, message, position

    def in_query(self, text: str) -> SalesforceError:
        return SalesforceError(self.code, with_caret(text, self.position, self.message))


def with_caret(text: str, position: int, message: str) -> str:
    row = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    start = max(0, position - BEFORE)
    snippet = text[start : position + AFTER].replace("\n", " ")
    return f"\n{snippet}\n{' ' * (position - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def no_such_column(name: str, entity: str, position: int) -> SoqlRefusal:
    message = f"No such column '{name}' on entity '{entity}'. {APPEND.format('field', 'custom field')}"
    return SoqlRefusal("INVALID_FIELD", message, position)


def not_supported(name: str, position: int) -> SoqlRefusal:
    message = f"sObject type '{name}' is not supported. {APPEND.format('object', 'entity')}"
    return SoqlRefusal("INVALID_TYPE", message, position)


def no_relationship(name: str, position: int) -> SoqlRefusal:
    message = (
        f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom relationship, "
        "be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe "
        "call for the appropriate names."
    )
    return SoqlRefusal("INVALID_FIELD", message, position)


def no_child_relationship(name: str, position: int) -> SoqlRefusal:
    message = (
        f"Didn't understand relationship '{name}' in FROM part of query call. If you are attempting to use a custom "
        "relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or "
        "the describe call for the appropriate names."
    )
    return SoqlRefusal("INVALID_TYPE", message, position)


def malformed(message: str) -> SalesforceError:
    return SalesforceError("MALFORMED_QUERY", message)
