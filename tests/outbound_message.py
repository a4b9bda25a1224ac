"""Outbound messages as Salesforce writes them: SOAP 1.1, any number of notifications, 18-character ids."""

from xml.sax.saxutils import escape

from feedback_bridge.feedback.record_id import checksum

ORGANIZATION = "00D5g00000KpLmQEAV"
CONTACT = {"Email": "Hanako.Sato@Example.jp", "LastName": "佐藤", "Company__c": "山田 & 商事"}


def full(short: str) -> str:
    return short + checksum(short)


def notification_id(number: int) -> str:
    return full(f"04l5g{number:010}")


def record_id(number: int, prefix: str = "500") -> str:
    return full(f"{prefix}5g{number:010}")


def notification(number: int, sobject: str = "Case", **fields: str) -> str:
    told = "".join(f"<sf:{name}>{escape(value)}</sf:{name}>" for name, value in fields.items())
    identity = fields.get("Id") or record_id(number)
    record = (
        f'<sObject xsi:type="sf:{sobject}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"{'' if 'Id' in fields else f'<sf:Id>{identity}</sf:Id>'}{told}</sObject>"
    )
    return f"<Notification><Id>{notification_id(number)}</Id>{record}</Notification>"


def message(*notifications: str, organization: str = ORGANIZATION, session: str = "") -> bytes:
    session_id = f"<SessionId>{session}</SessionId>" if session else '<SessionId xsi:nil="true"/>'
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        '<soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{organization}</OrganizationId><ActionId>{full('04k5g000000TzAb')}</ActionId>"
        f"{session_id}<EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/62.0</EnterpriseUrl>"
        f"<PartnerUrl>https://example.my.salesforce.com/services/Soap/u/62.0</PartnerUrl>{''.join(notifications)}"
        "</notifications></soapenv:Body></soapenv:Envelope>"
    )
    return text.encode()
