"""What a new worker waits for: the import time of each handler, in fresh interpreters that take turns.

Importing is all CPU, so CPU time is taken: it does not count what other programs do meanwhile.
"""

import os
from statistics import median

from bench.figure import Figure, at_most, without_limit
from bench.processes import run
from local.home import ROOT

LIMIT = 1.3
ROUNDS, ROUNDS_OF_OTHERS = 11, 3
LIMITED = "ingest"

BARE = """
from aws_lambda_powertools import Logger
logger = Logger()
import boto3
from pydantic import BaseModel, Field
class Event(BaseModel):
    id: str = Field(min_length=1)
"""
"""The bare minimum that can do the job: Powertools' logger, boto3, and pydantic with one model. The AWS client is not
made here, because the handlers too make theirs when they first use it."""

_TIMED = """
import time
started = time.process_time()
{code}
print(time.process_time() - started)
"""


def measure() -> list[Figure]:
    functions = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    rounds = {LIMITED: ROUNDS}
    bare, own = [], {function: list[float]() for function in functions}
    for number in range(ROUNDS):
        bare.append(_seconds(BARE))
        for function in functions:
            if number < rounds.get(function, ROUNDS_OF_OTHERS):
                own[function].append(_seconds(f"import functions.{function}.app"))
    least = median(bare)
    return [
        at_most("ingest.import_ratio", round(median(own[LIMITED]) / least, 2), LIMIT),
        without_limit("bare.import_ms", round(least * 1000)),
        *(without_limit(f"{function}.import_ms", round(median(times) * 1000)) for function, times in own.items()),
    ]


def _seconds(code: str) -> float:
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    return float(run(["-c", _TIMED.format(code=code)], environment).splitlines()[-1])
