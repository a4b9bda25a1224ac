"""The configuration of the run: three tools, one org, and mappings that write in every way there is."""

from __future__ import annotations

from typing import Any

from local.showcase_events import FORM_SIGNATURE

CONTACT, RESPONSE, CASE, LEAD, CALL = "to-contact", "to-response", "to-case", "to-lead", "to-call"
ANSWERS = (CONTACT, RESPONSE, CASE)
"""Mappings that hear of an answer; a form goes through one of its own."""

_BAND = {"from": "nps.band", "map": {"promoter": "Promoter", "passive": "Passive", "detractor": "Detractor"}}
_CUSTOMER = {"object": "Contact", "by": {"Email": "respondent.email"}, "on_none": "omit", "on_many": "newest"}


def documents(salesforce_url: str, qualtrics_url: str) -> list[dict[str, Any]]:
    """In the order in which they can be published."""
    return [
        {
            "kind": "org",
            "id": "production",
            "login_url": salesforce_url,
            "auth": "jwt_bearer",
            "secret": "salesforce-production",
        },
        {
            "kind": "source",
            "id": "typeform-main",
            "type": "typeform",
            "secret": "typeform-main",
            "nps": {"score": "answers.nps.value", "comment": "answers.why.value"},
        },
        {
            "kind": "source",
            "id": "qualtrics-main",
            "type": "qualtrics",
            "secret": "qualtrics-main",
            "api_url": qualtrics_url,
            "api_token": "qualtrics-token",
            "nps": {"score": "answers.QID2.value", "comment": "answers.QID3_TEXT.value"},
        },
        *(_form(name) for name in ("lead-form", "call-form")),
        *_of_answers(),
        *_of_forms(),
    ]


def _form(name: str) -> dict[str, Any]:
    return {
        "kind": "source",
        "id": name,
        "type": "webhook",
        "secret": "webhook-main",
        "feedback_type": "form_submission",
        **FORM_SIGNATURE,
        "fields": {
            "id": "submission_id",
            "occurred_at": "submitted_at",
            "email": "email",
            "name": '"お名前"',
            "score": "score",
            "comment": "comment",
        },
    }


def _mapping(name: str, source: Any, kind: str, write: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "kind": "mapping",
        "id": name,
        "source": source,
        "on": kind,
        "write": {"org": "production", **write},
        **more,
    }


def _of_answers() -> list[dict[str, Any]]:
    """An update that the newest answer must win, an upsert by the answer's id, and an insert that our marker guards."""
    tools = ["typeform-main", "qualtrics-main"]
    score = {"NPS_Score__c": {"from": "nps.score"}, "NPS_Band__c": _BAND}
    return [
        _mapping(
            CONTACT,
            tools,
            "survey_response",
            {
                "object": "Contact",
                "operation": "update",
                "match": {"fields": {"Email": "respondent.email"}, "on_none": "fail", "on_many": "fail"},
                "fields": {
                    **score,
                    "NPS_Comment__c": {"from": "nps.comment", "too_long": "truncate"},
                    "NPS_Date__c": {"from": "occurred_at"},
                    "NPS_Source__c": {"from": "source"},
                },
            },
        ),
        _mapping(
            RESPONSE,
            tools,
            "survey_response",
            {
                "object": "Survey_Response__c",
                "operation": "upsert",
                "key": {"field": "Response_Id__c", "value": "id"},
                "fields": {
                    **score,
                    "Source__c": {"from": "source"},
                    "Respondent_Email__c": {"from": "respondent.email"},
                    "Responded_At__c": {"from": "occurred_at"},
                    "Comment__c": {"from": "nps.comment", "too_long": "truncate"},
                    "Contact__c": {"lookup": _CUSTOMER},
                },
            },
        ),
        _mapping(
            CASE,
            tools,
            "survey_response",
            {
                "object": "Case",
                "operation": "insert",
                "fields": {
                    "Subject": {"template": "低評価 {{ nps.comment }}"},
                    "Origin": {"value": "Web"},
                    "ContactId": {"lookup": _CUSTOMER},
                },
            },
            when={"path": "nps.band", "op": "eq", "value": "detractor"},
        ),
    ]


def _of_forms() -> list[dict[str, Any]]:
    """An insert with our marker and a child without one, and a plain insert that nothing marks as ours."""
    lead = {
        "LastName": {"from": "respondent.name", "transform": [{"name": "family"}]},
        "FirstName": {"from": "respondent.name", "transform": [{"name": "given"}]},
        "Company": {"value": "個人"},
        "Email": {"from": "respondent.email"},
        "LeadSource": {"value": "Web"},
        "Description": {"from": "form.comment"},
    }
    child = {
        "object": "Task",
        "operation": "insert",
        "fields": {"WhoId": {"record": "Id"}, "Subject": {"template": "連絡する {{ form.comment }}"}},
    }
    call = {"Subject": {"template": "電話する {{ form.comment }}"}, "WhoId": {"lookup": _CUSTOMER}}
    return [
        _mapping(
            LEAD,
            "lead-form",
            "form_submission",
            {"object": "Lead", "operation": "insert", "fields": lead},
            then=[{"write": child}],
        ),
        _mapping(CALL, "call-form", "form_submission", {"object": "Task", "operation": "insert", "fields": call}),
    ]
