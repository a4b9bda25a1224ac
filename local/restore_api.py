"""What MiniStack leaves out when it imports the OpenAPI document of a REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.errors import LocalStackError
from local.template_values import Deployed, Resource

ANY = "x-amazon-apigateway-any-method"
INTEGRATION = "x-amazon-apigateway-integration"
GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
BINARY_MEDIA_TYPES = "x-amazon-apigateway-binary-media-types"


def restore(deployed: Deployed, apigateway: Any) -> list[str]:
    """`apigateway` must be a client that does not check its parameters: the list of media types goes as one value."""
    restored = []
    for api in deployed.resources("AWS::ApiGateway::RestApi"):
        if "Body" not in api.properties:
            continue
        body = deployed.resolve(api.properties["Body"])
        parts = [
            *_binary_media_types(api, body, apigateway),
            *_gateway_responses(api, body, apigateway),
            *_methods(api, body, apigateway),
        ]
        if parts:
            _deploy(api, deployed, apigateway)
        restored += [f"{part} of {api.logical_id}" for part in parts]
    return restored


def _binary_media_types(api: Resource, body: Mapping[str, Any], apigateway: Any) -> list[str]:
    """MiniStack takes the `~1` that stands for a slash in CloudFormation as it is written."""
    wanted = body.get(BINARY_MEDIA_TYPES, [])
    current = apigateway.get_rest_api(restApiId=api.physical_id).get("binaryMediaTypes", [])
    if current == wanted:
        return []
    change = {"op": "replace", "path": "/binaryMediaTypes", "value": wanted}
    apigateway.update_rest_api(restApiId=api.physical_id, patchOperations=[change])
    return ["binary media types"]


def _gateway_responses(api: Resource, body: Mapping[str, Any], apigateway: Any) -> list[str]:
    restored = False
    for kind, wanted in body.get(GATEWAY_RESPONSES, {}).items():
        current = apigateway.get_gateway_response(restApiId=api.physical_id, responseType=kind)
        if all(current.get(part) == value for part, value in wanted.items()):
            continue
        apigateway.put_gateway_response(restApiId=api.physical_id, responseType=kind, **wanted)
        restored = True
    return ["gateway responses"] if restored else []


def _methods(api: Resource, body: Mapping[str, Any], apigateway: Any) -> list[str]:
    pages = apigateway.get_paginator("get_resources").paginate(restApiId=api.physical_id)
    known = {row["path"]: row for page in pages for row in page["items"]}
    any_methods, preflights = False, False
    for path, operations in body.get("paths", {}).items():
        place = {"restApiId": api.physical_id, "resourceId": known[path]["id"]}
        present = known[path].get("resourceMethods", {})
        if ANY in operations and "ANY" not in present:
            _put_any(place, operations[ANY], apigateway)
            any_methods = True
        integration = operations.get("options", {}).get(INTEGRATION, {})
        if integration.get("type", "").lower() == "mock" and _put_preflight(place, integration, apigateway):
            preflights = True
    return [name for name, done in (("ANY methods", any_methods), ("CORS preflight", preflights)) if done]


def _put_any(place: Mapping[str, str], operation: Mapping[str, Any], apigateway: Any) -> None:
    if operation.get("security"):
        raise LocalStackError(
            "The local stack cannot restore an ANY method with an authorizer: name its methods instead."
        )
    integration = operation[INTEGRATION]
    apigateway.put_method(**place, httpMethod="ANY", authorizationType="NONE")
    apigateway.put_integration(
        **place,
        httpMethod="ANY",
        type=integration["type"].upper(),
        integrationHttpMethod=integration["httpMethod"],
        uri=integration["uri"],
    )


def _put_preflight(place: Mapping[str, str], integration: Mapping[str, Any], apigateway: Any) -> bool:
    """The response of a mocked OPTIONS method: its headers are what CORS is about. Whether it had to be put."""
    response = integration["responses"]["default"]
    status, headers = str(response["statusCode"]), response.get("responseParameters", {})
    method = apigateway.get_method(**place, httpMethod="OPTIONS")
    current = method.get("methodIntegration", {}).get("integrationResponses", {}).get(status, {})
    if current.get("responseParameters") == headers:
        return False
    answer = {**place, "httpMethod": "OPTIONS", "statusCode": status}
    apigateway.put_method_response(**answer, responseParameters=dict.fromkeys(headers, False))
    templates = response.get("responseTemplates", {})
    apigateway.put_integration_response(**answer, responseParameters=headers, responseTemplates=templates)
    return True


def _deploy(api: Resource, deployed: Deployed, apigateway: Any) -> None:
    """A stage serves the last deployment: what was put back shows with the next one."""
    for stage in deployed.resources("AWS::ApiGateway::Stage"):
        if deployed.resolve(stage.properties["RestApiId"]) == api.physical_id:
            name = deployed.resolve(stage.properties["StageName"])
            apigateway.create_deployment(restApiId=api.physical_id, stageName=name)
