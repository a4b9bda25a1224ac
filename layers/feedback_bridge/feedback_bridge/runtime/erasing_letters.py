"""Dead letters that are about a person."""

import json
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from feedback_bridge.aws import dead_letters
from feedback_bridge.aws.dead_letters import DeadLetter
from feedback_bridge.nps.identity import email_key
from feedback_bridge.runtime import settings

SEARCHED = 500
"""Messages of each queue that are looked at."""


def remove(person: str, feedback_ids: Collection[str]) -> int:
    """By their feedback, or by the respondent in them. Raises TransientError."""
    return _sum(lambda url: dead_letters.remove(url, SEARCHED, lambda item: _is_about(item, person, feedback_ids)))


def found(person: str, feedback_ids: Collection[str]) -> int:
    return _sum(lambda url: sum(_is_about(item, person, feedback_ids) for item in dead_letters.look(url, SEARCHED)))


def _sum(of_queue: Callable[[str], int]) -> int:
    """Over all queues at the same time: an empty one takes SQS a second."""
    urls = [dead for _, dead in json.loads(settings.setting("QUEUES")).values()]
    with ThreadPoolExecutor(max_workers=len(urls)) as pool:
        return sum(pool.map(of_queue, urls))


def _is_about(letter: DeadLetter, person: str, feedback_ids: Collection[str]) -> bool:
    try:
        detail: Any = json.loads(letter.body)["detail"]
        if detail["feedback_id"] in feedback_ids:
            return True
        return email_key(detail["feedback"]["respondent"]["email"]) == person
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
