"""DynamoDB tables made from template.yaml itself, so that a test never runs on a table that is not deployed."""

from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
_VARIABLES = {
    "ConfigTable": "CONFIG_TABLE",
    "FeedbackTable": "FEEDBACK_TABLE",
    "DeliveryTable": "DELIVERY_TABLE",
    "OrgStateTable": "ORG_STATE_TABLE",
    "HistoryTable": "HISTORY_TABLE",
    "TokenTable": "TOKEN_TABLE",
    "SyncTable": "SYNC_TABLE",
}
_WANTED = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as if they were their arguments."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


def create_tables() -> dict[str, str]:
    """Creates every table of the template. Environment variable -> table name."""
    dynamodb = boto3.client("dynamodb")
    for name, properties in _tables().items():
        dynamodb.create_table(TableName=name, **properties)
    return {_VARIABLES[name]: name for name in _tables()}


@cache
def _tables() -> dict[str, dict[str, Any]]:
    """What DynamoDB is told of each. Reading the template takes longer than making its tables."""
    resources: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_Loader)["Resources"]
    tables = {name: item["Properties"] for name, item in resources.items() if item["Type"] == "AWS::DynamoDB::Table"}
    return {
        name: {key: value for key, value in properties.items() if key in _WANTED} for name, properties in tables.items()
    }
