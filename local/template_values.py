"""The deployed template with its references resolved: what each resource should be, beside what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.errors import LocalStackError

_ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::EventBus": "events:{region}:{account}:event-bus/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/{name}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
}


@dataclass(frozen=True)
class Resource:
    logical_id: str
    type: str
    physical_id: str
    properties: Mapping[str, Any]
    """As the template has them; `Deployed.resolve` what you need of them."""


class Deployed:
    """A deployed stack's processed template (after the SAM transform) and its resources."""

    def __init__(self, template: Mapping[str, Any], physical: Mapping[str, str], pseudo: Mapping[str, str]) -> None:
        """`physical`: physical ids by logical one; `pseudo`: parameters by name, as `AWS::Region` or `Runtime`."""
        self._template = template
        self._physical = physical
        self._values = pseudo

    @classmethod
    def read(cls, cloudformation: Any, stack: str, region: str) -> Deployed:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        template = cloudformation.get_template(StackName=stack, TemplateStage="Processed")["TemplateBody"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        rows = [row for page in pages for row in page["StackResourceSummaries"]]
        values = {name: str(parameter.get("Default", "")) for name, parameter in template.get("Parameters", {}).items()}
        values |= {given["ParameterKey"]: given["ParameterValue"] for given in described.get("Parameters", [])}
        values |= {
            "AWS::StackName": stack,
            "AWS::StackId": described["StackId"],
            "AWS::Region": region,
            "AWS::AccountId": described["StackId"].split(":")[4],
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
        }
        return cls(template, {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows}, values)

    def resources(self, type_name: str) -> Iterator[Resource]:
        """Those of one type that exist: a resource whose condition is false was not made."""
        for logical_id, body in self._template["Resources"].items():
            if body["Type"] == type_name and logical_id in self._physical:
                yield Resource(logical_id, type_name, self._physical[logical_id], body.get("Properties", {}))

    def resolve(self, value: Any) -> Any:
        """`value` with intrinsic functions replaced by what they stand for. Raises LocalStackError on one not known."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            (name, argument) = next(iter(value.items()))
            if name == "Ref":
                return self._ref(argument)
            if name.startswith("Fn::"):
                return self._call(name, argument)
        return {key: self.resolve(item) for key, item in value.items()}

    def _ref(self, name: str) -> str:
        found = self._values.get(name, self._physical.get(name))
        if found is None:
            raise LocalStackError(f"The template refers to {name}, which is neither a parameter nor a resource.")
        return found

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Fn::GetAtt":
            logical_id, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self._attribute(logical_id, attribute)
        if name == "Fn::Sub":
            text, given = (argument, {}) if isinstance(argument, str) else argument
            return re.sub(r"\$\{([^!}]+)\}", lambda found: self._substitute(found[1], given), text)
        if name == "Fn::Join":
            return argument[0].join(str(part) for part in self.resolve(argument[1]))
        raise LocalStackError(f"The local stack cannot resolve {name} where it restores what MiniStack dropped.")

    def _substitute(self, name: str, given: Mapping[str, Any]) -> str:
        if name in given:
            return str(self.resolve(given[name]))
        if "." in name:
            logical_id, attribute = name.split(".", 1)
            return self._attribute(logical_id, attribute)
        return self._ref(name)

    def _attribute(self, logical_id: str, attribute: str) -> str:
        type_name = self._template["Resources"][logical_id]["Type"]
        pattern = _ARNS.get(type_name)
        if attribute != "Arn" or pattern is None:
            raise LocalStackError(f"The local stack does not know the attribute {attribute} of a {type_name}.")
        # The physical id of a queue is its URL.
        name = self._physical[logical_id].rsplit("/", 1)[-1]
        region, account = self._values["AWS::Region"], self._values["AWS::AccountId"]
        return "arn:aws:" + pattern.format(region=region, account=account, name=name)
