"""One logger for a process. Ids, counts and reasons are logged; bodies, answers and addresses never are."""

from aws_lambda_powertools.logging import Logger

logger = Logger(log_uncaught_exceptions=True)
