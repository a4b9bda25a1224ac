"""What teams do with product data: the shipped examples, run."""

from pathlib import Path

import pytest
import yaml

from local.salesforce_org.running import RunningOrg
from tests.integration.sync_in_use import SyncInUse

EXAMPLES = Path(__file__).parents[2] / "examples/product-data/syncs.yaml"


@pytest.fixture
def use(aws: dict[str, str], salesforce: RunningOrg, credentials: str) -> SyncInUse:
    use = SyncInUse(aws, salesforce, credentials)
    for document in yaml.safe_load_all(EXAMPLES.read_text(encoding="utf-8")):
        use.publish(document)
    return use


def test_an_account_gets_its_health(use: SyncInUse) -> None:
    use.accounts("S-1")
    columns = ("account_number", "days_active", "features_used", "minutes", "health", "nps", "last_visit")
    use.put(("S-1", 21, 14, 1250, 82, -100, "2026-11-20"), columns=columns)
    assert use.run(sync="account-health").status == "succeeded"
    account = use.account("S-1")
    assert (account["Pendo_Health__c"], account["Pendo_NPS__c"]) == (82, -100)


def test_a_contact_gets_its_score_and_comment_and_is_marked_for_the_invitation(use: SyncInUse) -> None:
    row = ("HANAKO.SATO@example.jp", 9, "使いやすいです。\n検索が速い", 12, "true")
    columns = ("email", "nps_score", "nps_comment", "days_active", "invite")
    use.put(row, path="usage/visitors.csv", columns=columns)
    assert use.run(sync="contact-answers").counts.written == 1
    found = next(row for row in use.salesforce.records("Contact") if row["Email"] == "hanako.sato@example.jp")
    assert (found["Pendo_NPS__c"], found["Pendo_Invite__c"]) == (9, True)
    assert found["Pendo_NPS_Comment__c"].replace("\r\n", "\n") == "使いやすいです。\n検索が速い"
    assert use.run(sync="contact-answers").counts.changed == 0
