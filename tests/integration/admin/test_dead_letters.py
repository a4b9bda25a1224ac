"""Dead letters: seen, explained, and sent back to work without any getting lost; through the API and the command."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from feedback_bridge.aws import clients
from feedback_bridge.aws.deliveries import Deliveries
from feedback_bridge.delivery.delivery import Delivery
from feedback_bridge.runtime import settings
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import Bridge
from tests.integration.admin.in_turn import in_turn

NOW = datetime.now(UTC)
PERSON = "hanako.sato@example.jp"


def event(feedback_id: str) -> str:
    detail = {"version": 1, "feedback_id": feedback_id, "source": "typeform-main", "type": "survey_response",
              "scored": True, "feedback": {"respondent": {"email": PERSON}}}  # fmt: skip
    return json.dumps({"detail-type": "NpsTagged", "source": "feedback.bridge", "detail": detail})


class Queues:
    def __init__(self, stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.sqs = boto3.client("sqs")
        made = {
            name: self.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("tagging", "tagging-dead", "bus-dead")
        }
        self.urls = {**made, "mapping": stack["mapping"], "mapping-dead": stack["mapping-dead"]}
        told = {
            "nps_tagging": [made["tagging"], made["tagging-dead"]],
            "response_mapping": [stack["mapping"], stack["mapping-dead"]],
            "bus": [None, made["bus-dead"]],
        }
        monkeypatch.setenv("QUEUES", json.dumps(told))

    def die(self, queue: str, body: str, **attributes: str) -> str:
        told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        return str(
            self.sqs.send_message(QueueUrl=self.urls[queue], MessageBody=body, MessageAttributes=told)["MessageId"]
        )

    def bodies(self, queue: str) -> list[str]:
        """Everything in a queue that nobody holds."""
        self.sqs.set_queue_attributes(QueueUrl=self.urls[queue], Attributes={"VisibilityTimeout": "0"})
        found: dict[str, str] = {}
        for _ in range(40):
            for item in self.sqs.receive_message(QueueUrl=self.urls[queue], MaxNumberOfMessages=10).get("Messages", []):
                found[item["MessageId"]] = item["Body"]
        return list(found.values())

    def depth(self, queue: str) -> tuple[int, int]:
        """Visible, and held by somebody."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.urls[queue], AttributeNames=names)["Attributes"]
        return int(told[names[0]]), int(told[names[1]])


@pytest.fixture
def queues(stack: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Queues:
    return Queues(stack, monkeypatch)


def deliver(feedback_id: str, status: Any, reason: str | None = None) -> None:
    delivery = Delivery(feedback_id, "nps-to-contact", "typeform-main", status, NOW, NOW, reason)
    Deliveries(settings.delivery_table()).put_all([delivery])


def test_a_dead_letter_is_listed_with_its_reason_and_its_deliveries(admin: Admin, queues: Queues) -> None:
    queues.die("mapping-dead", event("typeform-main:1"))
    deliver("typeform-main:1", "failed", "An unforeseen error (KeyError). It is in the dead letters now.")
    (item,) = admin.get("/admin/dead-letters").json["items"]
    assert (item["queue"], item["feedback_id"], item["source"]) == (
        "response_mapping",
        "typeform-main:1",
        "typeform-main",
    )
    assert item["explanation"].startswith("response_mapping gave it up: An unforeseen error (KeyError).")
    assert [delivery["status"] for delivery in item["deliveries"]] == ["failed"]
    assert PERSON not in json.dumps(item)


@pytest.mark.parametrize(
    ("body", "attributes", "status", "said"),
    [
        ("nonsense", {}, None, "It is no event of our bus"),
        ("[]", {}, None, "It is no event of our bus"),
        (event("typeform-main:1"), {}, None, "without a word"),
        (event("typeform-main:1"), {}, "delivered", "would change nothing"),
        (event("typeform-main:1"), {"ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "Not allowed.",
         "TARGET_ARN": "arn:aws:sqs:us-east-1:1:tagging"}, None, "could not hand it to tagging: Not allowed."),
    ],
)  # fmt: skip
def test_each_is_explained_in_words(
    admin: Admin, queues: Queues, body: str, attributes: dict[str, str], status: Any, said: str
) -> None:
    queues.die("mapping-dead", body, **attributes)
    if status:
        deliver("typeform-main:1", status)
    assert said in admin.get("/admin/dead-letters").json["items"][0]["explanation"]


def test_looking_takes_nothing_away_and_holds_nothing(admin: Admin, queues: Queues) -> None:
    for number in range(13):
        queues.die("mapping-dead", event(f"typeform-main:{number}"))
    for _ in range(2):
        listed = admin.get("/admin/dead-letters?queue=response_mapping&limit=20").json
        assert (len(listed["items"]), listed["more"]) == (13, False)
    assert queues.depth("mapping-dead") == (13, 0)


def test_a_list_says_when_there_are_more(admin: Admin, queues: Queues) -> None:
    for number in range(7):
        queues.die("mapping-dead" if number % 2 else "tagging-dead", event(f"typeform-main:{number}"))
    listed = admin.get("/admin/dead-letters?limit=5").json
    assert (len(listed["items"]), listed["more"]) == (5, True)


def test_one_is_shown_with_what_it_says_and_without_the_person(admin: Admin, queues: Queues) -> None:
    letter = queues.die("tagging-dead", event("typeform-main:1"))
    shown = admin.get(f"/admin/dead-letters/{letter}").json
    assert shown["body"]["detail"]["feedback_id"] == "typeform-main:1"
    assert PERSON not in json.dumps(shown)
    assert admin.get("/admin/dead-letters/none").status == 404


def test_sent_back_each_is_in_its_own_work_queue_with_its_tries_counted_anew(admin: Admin, queues: Queues) -> None:
    queues.die("mapping-dead", event("typeform-main:1"), attempt="699")
    queues.die("tagging-dead", event("typeform-main:2"))
    queues.die("bus-dead", event("typeform-main:3"), TARGET_ARN="arn:aws:sqs:us-east-1:123456789012:tagging")
    told = admin.post("/admin/dead-letters/redrive")
    assert told.status == 202
    assert sorted(item["feedback_id"] for item in told.json["redriven"]) == [f"typeform-main:{n}" for n in (1, 2, 3)]
    assert (told.json["left"], told.json["more"]) == ([], False)
    back = queues.sqs.receive_message(QueueUrl=queues.urls["mapping"], MessageAttributeNames=["All"])["Messages"]
    assert [(item["Body"], item.get("MessageAttributes")) for item in back] == [(event("typeform-main:1"), None)]
    assert sorted(queues.bodies("tagging")) == [event("typeform-main:2"), event("typeform-main:3")]
    assert [queues.depth(name) for name in ("mapping-dead", "tagging-dead", "bus-dead")] == [(0, 0)] * 3


def test_what_cannot_be_worked_on_stays(admin: Admin, queues: Queues) -> None:
    queues.die("mapping-dead", "poison")
    queues.die("bus-dead", event("typeform-main:1"), TARGET_ARN="arn:aws:sns:us-east-1:1:AlarmTopic")
    told = admin.post("/admin/dead-letters/redrive", {}).json
    assert told["redriven"] == []
    assert [item["queue"] for item in told["left"]] == ["response_mapping", "bus"]
    assert (queues.depth("mapping-dead"), queues.depth("bus-dead")) == ((1, 0), (1, 0))


def test_only_those_named_are_sent_back(admin: Admin, queues: Queues) -> None:
    letters = [queues.die("mapping-dead", event(f"typeform-main:{number}")) for number in range(12)]
    told = admin.post("/admin/dead-letters/redrive", {"ids": [letters[3], letters[11]]}).json
    assert sorted(item["id"] for item in told["redriven"]) == sorted([letters[3], letters[11]])
    assert queues.depth("mapping-dead") == (10, 0)
    other = admin.post("/admin/dead-letters/redrive", {"queue": "nps_tagging"}).json
    assert other["redriven"] == []


def test_a_queue_that_takes_nothing_loses_nothing(
    admin: Admin, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        queues.die("mapping-dead", event(f"typeform-main:{number}"))
    queues.sqs.delete_queue(QueueUrl=queues.urls["mapping"])
    assert admin.post("/admin/dead-letters/redrive").status in (500, 503)
    assert queues.depth("mapping-dead") == (3, 0)


def test_when_a_worker_dies_between_sending_and_deleting_the_message_is_there_twice_and_never_not(
    admin: Admin, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.die("mapping-dead", event("typeform-main:1"))
    sqs = clients.client("sqs")

    def dies(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sqs, "delete_message_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        admin.post("/admin/dead-letters/redrive")
    assert queues.bodies("mapping") == [event("typeform-main:1")]
    assert queues.bodies("mapping-dead") == [event("typeform-main:1")]


@in_turn(
    ("body", "path"),
    [({"queue": "none"}, "queue"), ({"queue": 1}, "queue"), ({"ids": []}, "ids"), ({"ids": "x"}, "ids")],
)
def test_a_redrive_that_makes_no_sense_is_refused_by_path(admin: Admin, queues: Queues, body: Any, path: str) -> None:
    refused = admin.post("/admin/dead-letters/redrive", body)
    assert (refused.status, list(refused.problems)) == (422, [path])
    assert admin.get("/admin/dead-letters?queue=none").status == 422


def test_a_viewer_looks_and_does_not_redrive(clients: dict[str, Admin], queues: Queues) -> None:
    assert clients["viewer"].get("/admin/dead-letters").status == 200
    assert clients["viewer"].post("/admin/dead-letters/redrive").status == 403


def test_the_command_lists_shows_and_redrives(bridge: Bridge, queues: Queues) -> None:
    assert "There are no dead letters." in bridge("dead-letters", "list").stderr
    letter = queues.die("mapping-dead", event("typeform-main:1"))
    deliver("typeform-main:1", "failed", "理由")
    listed = bridge("dead-letters", "list").stdout
    assert letter in listed
    assert "gave it up: 理由" in listed
    assert "nps-to-contact failed" in listed
    assert "typeform-main:1~nps-to-contact: failed 理由" in bridge("dead-letters", "show", letter).stdout
    assert "--all" in bridge("dead-letters", "redrive").stderr
    assert bridge("dead-letters", "redrive", "unknown").stderr == "There is no dead letter unknown.\n"
    done = bridge("dead-letters", "redrive", letter, "--json")
    assert done.ok, done.stderr
    assert [item["id"] for item in done.json["redriven"]] == [letter]


def test_the_command_redrives_everything_however_much_it_is_and_tells_what_stays(
    bridge: Bridge, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feedback_bridge.runtime.admin.dead_letters.AT_ONCE", 10)
    for number in range(25):
        queues.die("mapping-dead", event(f"typeform-main:{number}"))
    done = bridge("dead-letters", "redrive", "--all", "--json")
    assert (done.exit_code, len(done.json["redriven"])) == (0, 25)
    assert queues.depth("mapping-dead") == (0, 0)
    queues.die("mapping-dead", "poison")
    told = bridge("dead-letters", "redrive", "--all")
    assert told.exit_code == 1
    assert "stays" in told.stdout
