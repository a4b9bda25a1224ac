"""The org's real row locks, with several workers writing contacts of one account at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

from feedback_bridge.delivery.outcome import Meaning, Outcome, Refusal, Written
from feedback_bridge.mapping.write import Write
from feedback_bridge.salesforce.org import Org
from local.salesforce_org.running import RunningOrg
from tests.integration.salesforce_gateway import gateway
from tests.integration.salesforce_workers import Memory, worker


def people(salesforce: RunningOrg, count: int) -> list[Write]:
    """Updates of so many contacts of one account, as a mapping makes them."""
    account = salesforce.records("Account")[0]["Id"]
    rows = [{"LastName": f"人{number}", "AccountId": account} for number in range(count)]
    contacts = salesforce.control("POST", "/objects/Contact/records", rows)
    return [
        Write("Contact", "update", {"Title": f"部長{number}"}, record_id=contact, parents=(account,))
        for number, contact in enumerate(contacts)
    ]


def side_by_side(workers: list[Org], batches: list[list[Write]]) -> list[list[Outcome]]:
    together = threading.Barrier(len(workers))

    def write(org: Org, batch: list[Write]) -> list[Outcome]:
        together.wait()
        return org.write(batch)

    with ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(write, workers, batches))


def titles(salesforce: RunningOrg) -> dict[str, str]:
    return {row["Id"]: row["Title"] for row in salesforce.records("Contact")}


def test_workers_that_fight_for_one_account_all_arrive(salesforce: RunningOrg) -> None:
    writes = people(salesforce, 120)
    salesforce.control("PATCH", "/settings", {"transaction_ms": 120, "lock_wait_ms": 100})
    shared = Memory()
    workers = [worker(salesforce, shared, pause=threading.Event().wait) for _ in range(3)]
    for each in workers:
        each.session()
    batches = [writes[start::3] for start in range(3)]
    told = side_by_side(workers, batches)
    assert salesforce.control("GET", "/")["locks_refused"] > 0, "nobody met a lock"
    arrived = titles(salesforce)
    left = []
    for batch, outcomes in zip(batches, told, strict=True):
        for write, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Written):
                assert arrived[outcome.record_id] == write.fields["Title"]
            else:
                assert (outcome.code, outcome.meaning) == ("UNABLE_TO_LOCK_ROW", Meaning.RETRY)
                assert not outcome.unknown
                left.append(write)
    for write in left:  # the queue brings back what was put off
        assert isinstance(workers[0].write([write])[0], Written)
    assert all(titles(salesforce)[str(write.record_id)] == write.fields["Title"] for write in writes)


def test_only_the_rows_that_met_a_lock_are_sent_again(salesforce: RunningOrg) -> None:
    writes = people(salesforce, 50)
    with gateway(salesforce) as gate:
        org = worker(gate, auth="client_credentials")  # type: ignore[arg-type]
        org.session()
        locked = {"match": {"method": "UPDATE", "object": "Contact"}, "effect": {"row_code": "UNABLE_TO_LOCK_ROW"}}
        salesforce.control("POST", "/faults", {**locked, "times": 3, "skip": 10})
        outcomes = org.write(writes)
        assert all(isinstance(outcome, Written) for outcome in outcomes)
        sizes = [asked.body.count(b'"attributes"') for asked in gate.data_calls()]
        assert sizes == [50, 3]
        again = [write for write in writes if str(write.record_id).encode() in gate.data_calls()[1].body]
        assert len(again) == 3


def test_a_row_that_stays_locked_is_given_to_the_queue_after_three_tries(salesforce: RunningOrg) -> None:
    writes = people(salesforce, 3)
    waited: list[float] = []
    org = worker(salesforce, pause=waited.append)
    locked = {"match": {"method": "UPDATE"}, "effect": {"row_code": "UNABLE_TO_LOCK_ROW"}}
    salesforce.control("POST", "/faults", locked)
    outcomes = org.write(writes)
    assert all(isinstance(outcome, Refusal) and outcome.meaning is Meaning.RETRY for outcome in outcomes)
    assert len(waited) == 2
    assert all(wait > 0 for wait in waited)
    assert salesforce.control("GET", "/faults")[0]["fired"] == 9
