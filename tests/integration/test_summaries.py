"""nps_tagging with summaries switched on: boto3's own Bedrock client against an HTTP server that speaks its API."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from feedback_bridge.aws import bedrock
from feedback_bridge.runtime import histories
from tests.integration.queue_events import feedback
from tests.integration.test_nps_tagging import Tagging, tagging

__all__ = ["tagging"]

MODEL = "jp.example.model-v1:0"
COMMENT = "電話がつながりません。担当の hanako.sato@example.jp に03-1234-5678から何度もかけました。" * 4


@dataclass
class Model:
    """What the model answers, and what it was asked."""

    answer: str = "電話がつながらない。"
    stop: str = "end_turn"
    status: int = 200
    seconds: float = 0
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, aws: dict[str, str]) -> Iterator[Model]:
    model = Model()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            model.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            time.sleep(model.seconds)
            said = {
                "output": {"message": {"role": "assistant", "content": [{"text": model.answer}]}},
                "stopReason": model.stop,
                "usage": {"inputTokens": 200, "outputTokens": 20, "totalTokens": 220},
                "metrics": {"latencyMs": 1},
            }
            body = json.dumps(said if model.status == 200 else {"message": "no"}).encode()
            self.send_response(model.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": f"http://127.0.0.1:{server.server_port}",
        "SUMMARY_MODEL_ID": MODEL,
        "SUMMARY_SECONDS": "1",
        "SUMMARY_TOKENS_PER_MONTH": "100000",
    }.items():
        monkeypatch.setenv(name, value)
    bedrock._runtime.cache_clear()
    yield model
    server.shutdown()
    server.server_close()
    bedrock._runtime.cache_clear()


def told(tagging: Tagging, number: int = 1, **nps: Any) -> dict[str, Any]:
    return tagging.nps(feedback(number, nps={"score": 2, "comment": COMMENT, **nps}))


def spent() -> int:
    table = histories.table()
    return table.counts([("summaries", time.strftime("%Y-%m", time.gmtime()))]).popitem()[1]["tokens"]


def test_a_long_comment_is_summed_up_and_says_by_which_model(tagging: Tagging, model: Model) -> None:
    nps = told(tagging)
    assert (nps["summary"], nps["summary_source"]) == ("電話がつながらない。", f"bedrock:{MODEL}")
    ((path, asked),) = model.asked
    assert MODEL.partition(":")[0] in path
    said = asked["messages"][0]["content"][0]["text"]
    assert "hanako" not in said
    assert "1234" not in said
    assert "電話がつながりません" in said
    assert spent() == 220


@pytest.mark.parametrize(
    "wrong",
    [{"status": 503}, {"status": 403}, {"seconds": 3}, {"answer": "NONE"}, {"answer": " "}, {"stop": "max_tokens"},
     {"stop": "guardrail_intervened"}],
)  # fmt: skip
def test_where_the_model_sums_nothing_up_in_time_the_answer_goes_on_without(
    tagging: Tagging, model: Model, wrong: dict[str, Any]
) -> None:
    for name, value in wrong.items():
        setattr(model, name, value)
    nps = told(tagging)
    assert nps["score"] == 2
    assert not {"summary", "summary_source"} & nps.keys()
    assert len(model.asked) == 1


def test_what_a_month_may_cost_is_never_exceeded(
    tagging: Tagging, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUMMARY_TOKENS_PER_MONTH", "2000")
    summed_up = ["summary" in told(tagging, number) for number in range(1, 12)]
    assert summed_up[0]
    assert not summed_up[-1]
    assert spent() <= 2000


def test_the_tools_own_summary_short_comments_and_replays_cost_nothing(tagging: Tagging, model: Model) -> None:
    own = told(tagging, 1, summary="遅い", summary_source="tool")
    assert (own["summary"], own["summary_source"]) == ("遅い", "tool")
    assert "summary" not in told(tagging, 2, comment="遅い")
    assert "summary" not in tagging.nps(feedback(3, nps={"score": 2, "comment": COMMENT}), replay="replay-1")
    assert model.asked == []


@pytest.mark.usefixtures("model")
def test_without_a_model_there_is_no_summary(tagging: Tagging, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUMMARY_MODEL_ID")
    assert "summary" not in told(tagging)
