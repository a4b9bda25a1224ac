"""`bridge promote`: from sandbox to production, with what is different there, as often as one likes."""

from pathlib import Path
from typing import Any

import pytest

from local.salesforce_org.running import RunningOrg
from tests.integration.admin.calling import Admin
from tests.integration.admin.conftest import MAPPING, Bridge
from tests.integration.admin.in_turn import in_turn

PROMOTE = ("promote", "--from", "sandbox", "--to", "production")


def in_sandbox(**changes: Any) -> dict[str, Any]:
    return {**MAPPING, "write": {**MAPPING["write"], "org": "sandbox", **changes}}


def publish(admin: Admin, document: dict[str, Any]) -> None:
    one = f"/admin/{document['kind']}s/{document['id']}"
    assert admin.put(one, document).problems == {}
    assert admin.post(f"{one}/publish").status == 200


def published(admin: Admin, document_id: str) -> Any:
    return admin.get(f"/admin/mappings/{document_id}").json["published"]


@pytest.fixture
def sandbox(admin: Admin, production: dict[str, Any], typeform: object) -> Admin:
    publish(admin, {**production, "id": "sandbox"})
    publish(admin, in_sandbox())
    return admin


def test_what_writes_to_the_sandbox_comes_into_force_for_production_beside_it(bridge: Bridge, sandbox: Admin) -> None:
    told = bridge(*PROMOTE)
    assert told.ok, told.stderr
    assert told.stdout.splitlines()[-1].split("\t") == [
        "mapping",
        "nps-to-contact",
        "nps-to-contact-production",
        "1",
        "now",
    ]
    promoted = published(sandbox, "nps-to-contact-production")
    assert promoted["document"] == {**MAPPING, "id": "nps-to-contact-production"}
    assert published(sandbox, "nps-to-contact")["document"] == in_sandbox()


def test_promoting_again_changes_nothing_and_after_a_change_only_that(bridge: Bridge, sandbox: Admin) -> None:
    bridge(*PROMOTE)
    (again,) = bridge(*PROMOTE, "--json").json["documents"]
    assert (again["draft"], again["published"], again["version"]) == ("unchanged", "unchanged", 1)
    assert again["differences"] == []
    fields = {**MAPPING["write"]["fields"], "NPS_Value__c": {"from": "nps.normalised"}}
    publish(sandbox, in_sandbox(fields=fields))
    told = bridge(*PROMOTE)
    assert '  + write.fields.NPS_Value__c: {"from": "nps.normalised"}' in told.stdout
    assert published(sandbox, "nps-to-contact-production")["version"] == 2


def test_a_dry_run_shows_what_would_change_and_changes_nothing(bridge: Bridge, sandbox: Admin) -> None:
    told = bridge(*PROMOTE, "--dry-run")
    assert told.stdout.splitlines()[0] == "mapping nps-to-contact-production (new)"
    assert "  +   org: production" in told.stdout
    assert told.stdout.splitlines()[-1] == "Nothing was changed."
    assert sandbox.get("/admin/mappings/nps-to-contact-production").status == 404


def with_overrides(production: dict[str, Any], **override: Any) -> dict[str, Any]:
    return {**production, "overrides": {"mapping/nps-to-contact": override}}


def test_what_is_different_in_production_stands_in_its_org_document(
    bridge: Bridge, sandbox: Admin, production: dict[str, Any], salesforce: RunningOrg
) -> None:
    campaign = salesforce.records("Campaign")[0]["Id"]
    then = [{"campaign_member": {"campaign": campaign, "status": "Sent"}}]
    publish(sandbox, {**in_sandbox(), "then": then})
    override = {
        "id": "nps-live",
        "set": {"then[0].campaign_member.status": "Responded", "write.fields.Title": {"value": "お客様"}},
        "remove": ["write.fields.NPS_Comment__c", "when"],
    }
    publish(sandbox, with_overrides(production, **override))
    assert bridge(*PROMOTE).ok
    document = published(sandbox, "nps-live")["document"]
    assert document["then"] == [{"campaign_member": {"campaign": campaign, "status": "Responded"}}]
    assert document["write"]["org"] == "production"
    assert list(document["write"]["fields"]) == ["NPS_Score__c", "NPS_Band__c", "Title"]
    assert "when" not in document
    assert sandbox.get("/admin/mappings/nps-to-contact-production").status == 404


@in_turn(
    ("override", "said"),
    [
        ({"set": {"then[3].when": 1}}, "set.then[3].when: the document has no then[3].when"),
        ({"set": {"wirte.org": "x"}}, "set.wirte.org: the document has no wirte.org"),
        ({"remove": ["write.fields.Nope__c"]}, "remove[0]: the document has no write.fields.Nope__c"),
    ],
)
def test_overrides_of_what_is_not_there_are_told_by_their_place_and_nothing_is_done(
    bridge: Bridge, sandbox: Admin, production: dict[str, Any], override: dict[str, Any], said: str
) -> None:
    publish(sandbox, with_overrides(production, **override))
    told = bridge(*PROMOTE)
    assert told.exit_code == 1
    assert told.stderr.splitlines()[1] == f"org/production: overrides.mapping/nps-to-contact.{said}"
    assert len(sandbox.get("/admin/mappings").json["items"]) == 1


def test_an_override_that_makes_nonsense_is_told_and_nothing_is_saved(
    bridge: Bridge, sandbox: Admin, production: dict[str, Any]
) -> None:
    publish(sandbox, with_overrides(production, set={"write.operation": "destroy"}))
    told = bridge(*PROMOTE)
    assert told.exit_code == 1
    assert "mapping/nps-to-contact as mapping/nps-to-contact-production: write.operation: " in told.stderr
    assert len(sandbox.get("/admin/mappings").json["items"]) == 1


def test_what_does_not_fit_the_other_org_is_told_and_nothing_comes_into_force(
    bridge: Bridge, sandbox: Admin, production: dict[str, Any]
) -> None:
    """Such as an id of the sandbox that nobody has overridden."""
    publish(sandbox, {**in_sandbox(), "id": "second"})
    publish(sandbox, with_overrides(production, set={"write.fields.OwnerId": {"value": "0055g00000ABCDeAAP"}}))
    told = bridge(*PROMOTE)
    assert told.exit_code == 1
    lines = told.stderr.splitlines()
    assert lines[0] == "The promoted drafts are saved and have problems. Nothing was published."
    assert lines[1].startswith(
        "mapping/nps-to-contact as mapping/nps-to-contact-production: write.fields.OwnerId.value: the org has no "
    )
    for name in ("nps-to-contact-production", "second-production"):
        assert published(sandbox, name) is None


def test_only_what_is_named_is_promoted(bridge: Bridge, sandbox: Admin) -> None:
    publish(sandbox, {**in_sandbox(), "id": "second"})
    assert bridge(*PROMOTE, "mapping/second").ok
    assert published(sandbox, "second-production") is not None
    assert sandbox.get("/admin/mappings/nps-to-contact-production").status == 404
    assert "mapping/nobody" in bridge(*PROMOTE, "mapping/nobody").stderr


def test_a_disabled_mapping_is_not_promoted(bridge: Bridge, sandbox: Admin) -> None:
    sandbox.post("/admin/mappings/nps-to-contact/disable")
    told = bridge(*PROMOTE)
    assert (told.exit_code, told.stderr) == (1, "Nothing that is in force names the org sandbox.\n")


def test_an_org_that_is_not_published_cannot_be_promoted_to(bridge: Bridge, sandbox: Admin) -> None:
    told = bridge("promote", "--from", "sandbox", "--to", "staging")
    assert (told.exit_code, told.stderr) == (1, "There is no published org staging: apply its document first.\n")
    assert bridge("promote", "--from", "sandbox", "--to", "sandbox").exit_code == 1


def test_in_a_stack_of_its_own_the_promoted_document_keeps_its_name(
    bridge: Bridge, admin: Admin, production: object, typeform: object, tmp_path: Path
) -> None:
    """The production stack has never seen the sandbox: the documents come from files."""
    (tmp_path / "mapping.yaml").write_text(
        """\
kind: mapping
id: nps-to-contact
source: typeform-main
on: survey_response
write:
  org: sandbox
  object: Contact
  operation: update
  match: {fields: {Email: respondent.email}}
  fields: {NPS_Score__c: {from: nps.score}}
""",
        encoding="utf-8",
    )
    for outcome in ("changed", "unchanged"):
        (told,) = bridge(*PROMOTE, "-f", "mapping.yaml", "--json").json["documents"]
        assert (told["id"], told["published"]) == ("nps-to-contact", outcome)
    assert published(admin, "nps-to-contact")["document"]["write"]["org"] == "production"


def test_an_override_that_nothing_matches_is_remarked(
    bridge: Bridge, sandbox: Admin, production: dict[str, Any]
) -> None:
    publish(sandbox, {**production, "overrides": {"mapping/nps-to-contcat": {"remove": ["when"]}}})
    told = bridge(*PROMOTE)
    assert told.ok
    assert "mapping/nps-to-contcat, which does not name the org sandbox" in told.stderr


def test_a_promotion_is_rolled_back_like_any_other_version(bridge: Bridge, sandbox: Admin) -> None:
    bridge(*PROMOTE)
    publish(sandbox, in_sandbox(fields={"NPS_Score__c": {"from": "nps.score"}}))
    bridge(*PROMOTE)
    listed = bridge("versions", "mapping/nps-to-contact-production").stdout.splitlines()
    assert [line.split("\t")[0] for line in listed] == ["VERSION", "2", "1"]
    assert listed[1].split("\t")[2:] == ["admin-token", "in force"]
    assert bridge("rollback", "mapping/nps-to-contact-production").ok
    assert published(sandbox, "nps-to-contact-production")["document"]["write"]["fields"] == MAPPING["write"]["fields"]
    changed = bridge("diff", "mapping/nps-to-contact-production", "--version", "2").stdout
    assert "  + write.fields.NPS_Band__c:" in changed
    assert bridge("diff", "mapping/nps-to-contact-production", "--version", "1").stdout == "No differences.\n"
    between = bridge("diff", "mapping/nps-to-contact-production", "--version", "1", "--version", "2").stdout
    assert "  - write.fields.NPS_Band__c:" in between
