"""The Salesforce org as the demo looks at it: through Salesforce's own API, with an admin's credentials."""

from __future__ import annotations

from typing import Any

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.format import format_soql

from local.stack_file import Stack

SECONDS = 30


def connect(stack: Stack) -> Salesforce:
    """A logged-in client that trusts the simulated org's authority."""
    http = requests.Session()
    http.verify = stack.salesforce_ca_file
    http.trust_env = False
    form = {
        "grant_type": "client_credentials",
        "client_id": stack.salesforce_client_id,
        "client_secret": stack.salesforce_client_secret,
    }
    token = http.post(f"{stack.salesforce_url}/services/oauth2/token", data=form, timeout=SECONDS).json()
    return Salesforce(
        session_id=token["access_token"], instance_url=token["instance_url"], version="62.0", session=http
    )


def record(org: Salesforce, sobject: str, record_id: str) -> dict[str, Any] | None:
    """The record's fields that say something in a table; None when there is no such record."""
    fields = {
        "Contact": "Name, NPS_Score__c, NPS_Band__c, NPS_Comment__c, NPS_Source__c",
        "Survey_Response__c": "Name, Survey_Name__c, NPS_Score__c, NPS_Band__c, Comment__c, Contact__r.Name",
        "Lead": "Name, Company, Email, LeadSource",
    }[sobject]
    query = format_soql(f"SELECT Id, {fields} FROM {sobject} WHERE Id = {{}}", record_id)  # noqa: S608 - our own names
    rows = org.query(query)["records"]
    return rows[0] if rows else None
