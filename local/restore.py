"""After a deploy: puts back, through the services' own APIs, what MiniStack's CloudFormation accepts and then drops.

It reads the deployed template, so a change of the template needs no change here. `docs/local-stack.md` lists what is
restored and what is not.
"""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local import restore_api, restore_policies
from local.template_values import Deployed

UNCHECKED = Config(parameter_validation=False)
"""Where MiniStack wants of a call what boto3, which knows AWS, would refuse to send."""


def restore(stack: str, session: boto3.Session, endpoint: str) -> list[str]:
    """Make the deployed stack what its template says; doing it again changes nothing. Returns what was put back."""
    deployed = Deployed.read(session.client("cloudformation", endpoint_url=endpoint), stack, session.region_name)
    lambdas = session.client("lambda", endpoint_url=endpoint)
    _set_maximum_concurrency(deployed, lambdas)
    return [
        *_time_to_live(deployed, session.client("dynamodb", endpoint_url=endpoint)),
        *_reserved_concurrency(deployed, lambdas),
        *_dead_letters(deployed, lambdas),
        *_buckets_over_plain_http(deployed, session.client("s3", endpoint_url=endpoint)),
        *restore_policies.restore(deployed, session.client("iam", endpoint_url=endpoint)),
        *restore_api.restore(deployed, session.client("apigateway", endpoint_url=endpoint, config=UNCHECKED)),
    ]


def _time_to_live(deployed: Deployed, dynamodb: Any) -> list[str]:
    restored = []
    for table in deployed.resources("AWS::DynamoDB::Table"):
        wanted = deployed.resolve(table.properties.get("TimeToLiveSpecification", {}))
        if not wanted.get("Enabled"):
            continue
        status = dynamodb.describe_time_to_live(TableName=table.physical_id)["TimeToLiveDescription"][
            "TimeToLiveStatus"
        ]
        if status == "DISABLED":
            dynamodb.update_time_to_live(TableName=table.physical_id, TimeToLiveSpecification=wanted)
            restored.append(f"time to live of {table.logical_id}")
    return restored


def _buckets_over_plain_http(deployed: Deployed, s3: Any) -> list[str]:
    """MiniStack keeps a policy that wants TLS, and speaks plain HTTP: nobody could read or write the bucket."""
    restored = []
    for policy in deployed.resources("AWS::S3::BucketPolicy"):
        bucket = deployed.resolve(policy.properties["Bucket"])
        wants_tls = "aws:SecureTransport" in json.dumps(deployed.resolve(policy.properties["PolicyDocument"]))
        if wants_tls and _has_policy(s3, bucket):
            s3.delete_bucket_policy(Bucket=bucket)
            restored.append(f"plain HTTP for {policy.logical_id}")
    return restored


def _has_policy(s3: Any, bucket: str) -> bool:
    try:
        s3.get_bucket_policy(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        return False
    return True


def _reserved_concurrency(deployed: Deployed, lambdas: Any) -> list[str]:
    restored = []
    for function in deployed.resources("AWS::Lambda::Function"):
        wanted = deployed.resolve(function.properties.get("ReservedConcurrentExecutions"))
        if wanted is None:
            continue
        current = lambdas.get_function_concurrency(FunctionName=function.physical_id).get(
            "ReservedConcurrentExecutions"
        )
        if current != int(wanted):
            name, executions = function.physical_id, int(wanted)
            lambdas.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)
            restored.append(f"reserved concurrency of {function.logical_id}")
    return restored


def _dead_letters(deployed: Deployed, lambdas: Any) -> list[str]:
    restored = []
    for function in deployed.resources("AWS::Lambda::Function"):
        wanted = deployed.resolve(function.properties.get("DeadLetterConfig"))
        if wanted is None:
            continue
        current = lambdas.get_function_configuration(FunctionName=function.physical_id).get("DeadLetterConfig")
        if current != wanted:
            lambdas.update_function_configuration(FunctionName=function.physical_id, DeadLetterConfig=wanted)
            restored.append(f"dead letters of {function.logical_id}")
    return restored


def _set_maximum_concurrency(deployed: Deployed, lambdas: Any) -> None:
    """As many workers for a queue as the template allows, but no more than this machine has cores (and AWS's least, 2).

    Each worker unpacks the layer before its first message: on a laptop, ten that start at once take longer than two
    that share the work. And a number that comes from a parameter arrives as text, over which MiniStack's poller of
    *all* queues stumbles.
    """
    most = max(2, os.cpu_count() or 2)
    for mapping in deployed.resources("AWS::Lambda::EventSourceMapping"):
        if ":sqs:" in deployed.resolve(mapping.properties["EventSourceArn"]):
            wanted = deployed.resolve(mapping.properties.get("ScalingConfig", {}).get("MaximumConcurrency", most))
            scaling = {"MaximumConcurrency": min(int(wanted), most)}
            lambdas.update_event_source_mapping(UUID=mapping.physical_id, ScalingConfig=scaling)
