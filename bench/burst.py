"""Run by `ingest_burst.py` in a process of its own: a burst of webhooks at the deployed local stack.

The sender is a tool that comes again after 429, when it is told to, and where it gets no answer; after nothing else.
The source may send less than the senders try, so that it has to. Prints how many webhooks have no delivery in the end,
and how many answers were 429.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from threading import local

import requests
from rich.console import Console

from bench.stage import AWS_PORTS_FROM, SALESFORCE_PORTS_FROM, example
from bench.webhooks import SAMPLE, SECRET
from cli.signing import signed
from feedback_bridge.aws.configs import Configs
from local import deploy, ports
from local.chaos.bridge import Bridge
from local.chaos.plan import MAPPING_VISIBILITY, PARAMETERS
from local.chaos.quiet import until_quiet
from local.home import Home
from local.lifecycle import bring_up, leave_tidily, take_down
from local.ports import Ports
from local.stack_file import Stack

SENDERS = 6
REFUSED = 429
RATE_LIMIT = {"per_second": 100, "burst": 10}
PATIENCE_SECONDS = 900
"""Until the queues are empty."""

_thread = local()


@contextmanager
def _deployed() -> Iterator[Bridge]:
    """As `make chaos` deploys it: a batch that a busy machine gives up is tried again within seconds."""
    home, console = Home.named("bench"), Console(stderr=True)
    home.clear()
    free = Ports(ports.next_free(AWS_PORTS_FROM), ports.next_free(SALESFORCE_PORTS_FROM))
    try:
        bridge = Bridge(bring_up(home, free, console, tied=True, parameters=PARAMETERS), free.aws)
        bridge.hurry(MAPPING_VISIBILITY)
        _configure(bridge.stack, deploy.outputs(free.aws)["ConfigTable"])
        yield bridge
    finally:
        take_down(home)


def _configure(stack: Stack, config_table: str) -> None:
    stack.client("secretsmanager").create_secret(Name=f"{stack.stack_name}/typeform-main", SecretString=SECRET)
    source = {**example("sources.yaml", "typeform-main"), "rate_limit": RATE_LIMIT}
    Configs(config_table).publish("source", source["id"], source, "bench", datetime.now(UTC))


def _send(url: str, number: int) -> list[str]:
    """What came each time, until it was taken or refused for good."""
    document = json.loads(SAMPLE.read_text(encoding="utf-8"))
    document["form_response"]["token"] = f"burst{number:027}"
    webhook = signed("typeform", json.dumps(document, ensure_ascii=False).encode(), SECRET)
    came: list[str] = []
    while True:
        try:
            reply = _http().post(url, data=webhook.body, headers=webhook.headers, timeout=30)
        except requests.RequestException:
            came.append("no answer")
            continue
        came.append(str(reply.status_code))
        if reply.status_code != REFUSED:
            return came
        # The local cloud itself says 429, without a time, while all its workers are busy.
        time.sleep(float(reply.headers.get("Retry-After", "1")))


def _http() -> requests.Session:
    if not hasattr(_thread, "http"):
        _thread.http = requests.Session()
    http: requests.Session = _thread.http
    return http


def main(count: int) -> None:
    leave_tidily()
    with _deployed() as bridge:
        url = f"{bridge.stack.api_url}/in/typeform-main"
        with ThreadPoolExecutor(SENDERS) as senders:
            answers = Counter(chain.from_iterable(senders.map(partial(_send, url), range(count))))
        console = Console(stderr=True)
        console.print(f"answers: {dict(answers)}")
        if not until_quiet(bridge, PATIENCE_SECONDS, console):
            console.print(f"There is still something under way after {PATIENCE_SECONDS} s: {bridge.depths()}")
        console.print(f"dead letters: {bridge.dead_letters()}")
        delivered = {delivery["feedback_id"] for delivery in bridge.deliveries()}
        print(count - len(delivered), answers[str(REFUSED)])


if __name__ == "__main__":
    main(int(sys.argv[1]))
