"""What template.yaml promises, so that an edit cannot take it back unnoticed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from feedback_bridge.feedback import facts
from feedback_bridge.runtime.messages import MAX_RECEIVES

ROOT = Path(__file__).parents[2]


class _Loader(yaml.SafeLoader):
    """CloudFormation's short forms: `!GetAtt A.Arn` becomes {"Fn::GetAtt": "A.Arn"}."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    return {suffix: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _short_form)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=_Loader)


@pytest.fixture(scope="module")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    return template["Resources"]


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: item["Properties"] for name, item in resources.items() if item["Type"] == kind}


def default(template: dict[str, Any], value: Any) -> Any:
    """A literal, or the default of the parameter it refers to."""
    return template["Parameters"][value["Ref"]]["Default"] if isinstance(value, dict) else value


def statements(part: Any) -> Iterator[dict[str, Any]]:
    """Every IAM statement, wherever it stands."""
    if isinstance(part, dict) and "Effect" in part:
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from statements(inner)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def queue_of(value: dict[str, str]) -> str:
    return value["GetAtt"].partition(".")[0]


def test_every_work_queue_has_dead_letters_after_the_number_of_tries_that_the_code_counts(resources: Any) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    work = {name: queue for name, queue in queues.items() if not name.endswith("DeadLetters")}
    assert work
    for name, queue in work.items():
        assert queue_of(queue["RedrivePolicy"]["deadLetterTargetArn"]) == f"{name.removesuffix('Queue')}DeadLetters"
        assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES


def test_every_dead_letter_queue_keeps_fourteen_days_and_has_an_alarm(resources: Any) -> None:
    watched = {
        queue_of(dimension["Value"])
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Dimensions"]
        if alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}] and alarm["Namespace"] == "AWS/SQS"
    }
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        if name.endswith("DeadLetters"):
            assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
            assert name in watched, f"{name} has no alarm"


def test_consumers_report_single_failures_and_finish_well_before_a_message_comes_back(
    template: Any, resources: Any
) -> None:
    usual = template["Globals"]["Function"]["Timeout"]
    queues = of_type(resources, "AWS::SQS::Queue")
    consumers = 0
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        for event in function.get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            consumers += 1
            trigger = event["Properties"]
            assert trigger["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
            assert "MaximumConcurrency" in trigger["ScalingConfig"], name
            visible = default(template, queues[queue_of(trigger["Queue"])]["VisibilityTimeout"])
            takes = default(template, function.get("Timeout", usual))
            assert visible >= 6 * takes, f"{name}: AWS advises six times the time-out"
    assert consumers >= 3


def test_whoever_puts_work_off_does_so_no_longer_than_the_stack_was_told(resources: Any) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    known = {name: function.get("Environment", {}).get("Variables", {}) for name, function in functions.items()}
    waiting = {name for name, variables in known.items() if "QUEUE_URL" in variables}
    assert "AutomationsFunction" in waiting
    assert {name for name in waiting if known[name].get("LONGEST_WAIT") != {"Ref": "LongestWait"}} == set()


def test_rules_route_facts_that_exist_and_every_rule_has_somewhere_to_fail_to(resources: Any) -> None:
    for name, rule in of_type(resources, "AWS::Events::Rule").items():
        for detail_type in rule["EventPattern"]["detail-type"]:
            assert issubclass(getattr(facts, detail_type), facts.Fact), f"{name} waits for {detail_type}"
        assert rule["EventPattern"]["source"] == [facts.SOURCE]
        assert all("DeadLetterConfig" in target for target in rule["Targets"]), name


def test_a_rule_may_fill_its_queue(resources: Any) -> None:
    (policy,) = of_type(resources, "AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    allowed = {queue_of(item) for item in statement["Resource"]}
    rules = {queue_of(item) for item in statement["Condition"]["ArnEquals"]["aws:SourceArn"]}
    for name, rule in of_type(resources, "AWS::Events::Rule").items():
        assert name in rules
        for target in rule["Targets"]:
            assert target["Arn"] == {"Ref": "AlarmTopic"} or queue_of(target["Arn"]) in allowed
            assert queue_of(target["DeadLetterConfig"]["Arn"]) in allowed


def test_every_function_folder_is_deployed_and_every_deployed_folder_exists(resources: Any) -> None:
    deployed = {item["CodeUri"] for item in of_type(resources, "AWS::Serverless::Function").values()}
    folders = {f"functions/{path.parent.name}/" for path in (ROOT / "functions").glob("*/app.py")}
    assert deployed == folders


def test_schedules_carry_the_stacks_name_and_are_meant_in_a_time_zone_that_can_be_set(resources: Any) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    events = [event for function in functions.values() for event in function.get("Events", {}).values()]
    schedules = [event["Properties"] for event in events if event["Type"] == "ScheduleV2"]
    assert schedules
    for schedule in schedules:
        assert schedule["Name"]["Sub"].startswith("${AWS::StackName}-")
        assert schedule["ScheduleExpressionTimezone"] == {"Ref": "ScheduleTimezone"}


def test_no_permission_is_for_everything(resources: Any) -> None:
    found = [statement for statement in statements(resources) if statement["Effect"] == "Allow"]
    assert len(found) > 50
    for statement in found:
        assert not any("*" in action for action in listed(statement["Action"])), statement
        assert "*" not in listed(statement.get("Resource")), statement
        assert "*" not in listed(statement.get("Principal")), statement


def test_every_permission_of_a_function_is_written_out(resources: Any) -> None:
    for name, function in of_type(resources, "AWS::Serverless::Function").items():
        assert all(list(policy) == ["Statement"] for policy in function.get("Policies", [])), name


def test_whoever_puts_events_does_so_in_our_name_only(resources: Any) -> None:
    putting = [item for item in statements(resources) if "events:PutEvents" in listed(item["Action"])]
    assert len(putting) >= 10
    for statement in putting:
        assert statement["Condition"] == {"StringEquals": {"events:source": facts.SOURCE}}


def test_what_customers_said_survives_the_deletion_of_the_stack(resources: Any) -> None:
    kept = {*of_type(resources, "AWS::DynamoDB::Table"), *of_type(resources, "AWS::S3::Bucket")} - {"OrgStateTable"}
    assert len(kept) == 7
    for name in kept:
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resources[name]["UpdateReplacePolicy"] == "Retain"


def test_tables_are_encrypted_and_can_be_restored(resources: Any) -> None:
    for name, table in of_type(resources, "AWS::DynamoDB::Table").items():
        assert table["SSESpecification"]["SSEEnabled"] is True
        if name != "OrgStateTable":
            assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_the_install_page_names_every_parameter_with_its_default(template: Any) -> None:
    table = (ROOT / "docs/install.md").read_text(encoding="utf-8").partition("## Parameters")[2]
    told = dict(re.findall(r"^\| `(\w+)` \| (?:`([^`]+)` )?\|", table, re.MULTILINE))
    assert told == {name: str(item["Default"]) for name, item in template["Parameters"].items()}


def test_the_template_can_be_read_from_top_to_bottom() -> None:
    assert len((ROOT / "template.yaml").read_text(encoding="utf-8").splitlines()) <= 1260
