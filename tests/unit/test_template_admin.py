"""What the admin function may do is what its endpoints need: with every queue that it lists and every index it asks."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms as their arguments; a key that stands twice in one mapping is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if key.value != "<<"]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"line {node.start_mark.line + 1}: {twice} twice"
        return super().construct_mapping(node, deep)


def _short(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _short)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=_Loader)["Resources"]
    return found


@pytest.fixture(scope="module")
def admin(resources: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = resources["AdminApiFunction"]["Properties"]
    return properties


def allowed(function: dict[str, Any], action: str) -> set[str]:
    found = set()
    for policy in function["Policies"]:
        for statement in policy["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            named = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            found |= set(named) if action in actions else set()
    return found


def queues(admin: dict[str, Any]) -> set[str]:
    return set(re.findall(r"\$\{(\w+)\}", admin["Environment"]["Variables"]["QUEUES"]))


def test_every_queue_with_dead_letters_is_listed(resources: dict[str, Any], admin: dict[str, Any]) -> None:
    assert queues(admin) == {name for name, item in resources.items() if item["Type"] == "AWS::SQS::Queue"}


@pytest.mark.parametrize("action", ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage"])
def test_dead_letters_of_every_queue_can_be_looked_at_and_sent_back(admin: dict[str, Any], action: str) -> None:
    dead = {f"{name}.Arn" for name in queues(admin) if name.endswith("DeadLetters")}
    assert allowed(admin, action) == dead


def test_dead_letters_can_be_sent_to_every_work_queue_and_nowhere_else(admin: dict[str, Any]) -> None:
    work = {f"{name}.Arn" for name in queues(admin) if not name.endswith("DeadLetters")}
    assert allowed(admin, "sqs:SendMessage") == work


def test_an_erasure_may_look_and_remove_wherever_people_are(admin: dict[str, Any]) -> None:
    for index in ("FeedbackTable.Arn}/index/by_person", "OrgStateTable.Arn}/index/by_feedback"):
        assert "${" + index in allowed(admin, "dynamodb:Query")
    for table in ("FeedbackTable", "DeliveryTable", "OrgStateTable", "HistoryTable"):
        assert f"{table}.Arn" in allowed(admin, "dynamodb:DeleteItem")
    assert "${ArchiveBucket.Arn}/raw/*" in allowed(admin, "s3:DeleteObject")
    assert "ArchiveBucket.Arn" in allowed(admin, "s3:ListBucket")


def test_whoever_takes_feedback_from_a_queue_can_tell_what_was_erased(resources: dict[str, Any]) -> None:
    """The sync queue's messages name runs; from it nobody takes feedback."""
    consumers = 0
    for name, item in resources.items():
        function = item["Properties"] if item["Type"] == "AWS::Serverless::Function" else {}
        queues = [event["Properties"].get("Queue") for event in function.get("Events", {}).values()]
        fed = any(queue and queue != "SyncQueue.Arn" for queue in queues)
        if fed and "FEEDBACK_TABLE" in function.get("Environment", {}).get("Variables", {}):
            consumers += 1
            assert "FeedbackTable.Arn" in allowed(function, "dynamodb:BatchGetItem"), name
    assert consumers >= 4
