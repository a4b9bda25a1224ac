"""Who answered, from whatever a tool knows about a person: named fields in English or Japanese, and Salesforce ids."""

import re
import unicodedata
from collections.abc import Mapping

from pydantic import JsonValue

from feedback_bridge.feedback.model import Respondent
from feedback_bridge.sources.salesforce_id import ACCOUNT_PREFIX, PERSON_PREFIXES, record_id

# Names are compared without case, spaces and punctuation: "E-mail", "e_mail" and "eMail" are the same.
_NAMES = {
    "email": ("email", "emailaddress", "mail", "mailaddress", "recipientemail", "メールアドレス", "メール"),
    "name": ("name", "fullname", "recipientname", "氏名", "お名前", "名前"),
    "first_name": ("firstname", "givenname", "recipientfirstname", "名"),
    "last_name": ("lastname", "familyname", "surname", "recipientlastname", "姓"),
    "phone": ("phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "電話番号", "電話", "携帯電話"),
    "company": ("company", "companyname", "organization", "organisation", "会社名", "会社", "企業名", "貴社名"),
    "user_id": ("userid", "uid", "visitorid", "customerid", "memberid", "会員番号"),
    "account_id": ("accountid",),
    "salesforce_id": ("salesforceid", "sfid", "contactid", "leadid", "sfcontactid", "sfleadid", "recordid"),
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_PUNCTUATION = re.compile(r"[\W_]+")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def respondent(known: Mapping[str, JsonValue], **said: JsonValue) -> Respondent:
    """`said` is what the tool itself states about the person; what it leaves open is looked for in `known`.

    `known` is what the survey's owner attached (hidden fields, embedded data): its names decide. A Contact's or
    Lead's Salesforce id is recognised under any name, an Account's becomes `account_id`, both with 18 characters.
    """
    found: dict[str, str] = {}
    for name, value in [*said.items(), *((_FIELD_OF.get(plain(name), ""), value) for name, value in known.items())]:
        text = _TIDY.get(name, tidy)(value)
        if name and text:
            found.setdefault(name, text)
    ids = [text for text in map(tidy, known.values()) if text]
    person = _first_id([found.pop("salesforce_id", ""), *ids], PERSON_PREFIXES)
    account = None if "account_id" in said and found.get("account_id") else _first_id(ids, (ACCOUNT_PREFIX,))
    found |= {"salesforce_id": person} if person else {}
    found |= {"account_id": account} if account else {}
    if "name" not in found and (full := _full_name(found.get("first_name"), found.get("last_name"))):
        found["name"] = full
    return Respondent(**found)


def plain(name: str) -> str:
    """A field's name as names are compared here."""
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", name).casefold())


def is_personal(name: str) -> bool:
    """Whether a field of this name says who somebody is."""
    return plain(name) in _FIELD_OF


def tidy(value: JsonValue) -> str | None:
    """Text or a number as trimmed text; None for anything else and for blanks."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


def _half_width(value: JsonValue) -> str | None:
    text = tidy(value)
    return unicodedata.normalize("NFKC", text).strip() or None if text else None


def _email(value: JsonValue) -> str | None:
    """Lower case, as Salesforce compares it. What has no @ is no address."""
    text = _half_width(value)
    return text.lower() if text and "@" in text else None


_TIDY = {"email": _email, "phone": _half_width, "user_id": _half_width, "account_id": _half_width}


def _first_id(texts: list[str], prefixes: tuple[str, ...]) -> str | None:
    """Prefixes come first to last: a Contact's id is worth more than a Lead's."""
    return next((found for prefix in prefixes for text in texts if (found := record_id(text, prefix))), None)


def _full_name(first: str | None, last: str | None) -> str | None:
    """Family name first where the name is written so (Chinese, Japanese, Korean)."""
    parts = [last, first] if _CJK.search(f"{first}{last}") else [first, last]
    return " ".join(part for part in parts if part) or None
