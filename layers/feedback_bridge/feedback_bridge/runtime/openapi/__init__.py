"""The OpenAPI document of the whole API, made from the endpoints that there are."""
