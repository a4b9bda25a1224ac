"""Secrets Manager, below the stack's own prefix: a config document names a secret, it never contains one."""

from functools import cache
from typing import TYPE_CHECKING

from feedback_bridge.aws.clients import client
from feedback_bridge.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

MAX_AGE_SECONDS = 300


@cache
def _provider() -> "SecretsProvider":
    from aws_lambda_powertools.utilities.parameters import SecretsProvider

    return SecretsProvider(boto3_client=client("secretsmanager"))


def secret(stack: str, name: str, *, fresh: bool = False) -> str:
    """The secret's text, remembered for five minutes; `fresh` asks again, for when the remembered one did not fit.

    Raises PermanentError where there is no such secret, TransientError where Secrets Manager does not answer.
    """
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

    try:
        value = _provider().get(f"{stack}/{name}", max_age=MAX_AGE_SECONDS, force_fetch=fresh)
    except GetParameterError as error:
        if "ResourceNotFoundException" in str(error):
            raise PermanentError(
                f"There is no secret named {name}: set it with `bridge secrets set {name}`."
            ) from error
        raise TransientError(f"Secrets Manager did not give the secret {name}.") from error
    return str(value)
