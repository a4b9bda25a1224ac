"""By what a person is known, and as whom a history knows them.

A key is `sf#003…` for a Salesforce record, `email#…` for an address, `user#<source>#…` for a tool's own id. Addresses
and tools' ids are hashed, so that keys hold no personal data.
"""

import hashlib
import unicodedata

from feedback_bridge.feedback.model import Feedback
from feedback_bridge.feedback.record_id import long_id

_RECORD, _EMAIL, _USER, _ANSWER = "sf#", "email#", "user#", "answer#"
_LEAD, _CONTACT = f"{_RECORD}00Q", f"{_RECORD}003"


def email_key(email: str) -> str:
    """The same for an address in other letters: width and case do not count."""
    return _EMAIL + _digest(unicodedata.normalize("NFKC", email).strip().casefold())


def person_of(feedback: Feedback) -> str | None:
    """By the address alone, as whoever asks to be erased is named; None where the feedback has none."""
    email = feedback.respondent.email
    return email_key(email) if email and email.strip() else None


def keys_of(feedback: Feedback) -> tuple[str, ...]:
    """Strongest first. Somebody without any identifier is known by nothing but this one answer."""
    who = feedback.respondent
    keys = []
    if who.salesforce_id and (record := long_id(who.salesforce_id)):
        keys.append(_RECORD + record)
    if who.email and who.email.strip():
        keys.append(email_key(who.email))
    if who.user_id:
        keys.append(f"{_USER}{feedback.source}#{_digest(who.user_id)}")
    return tuple(keys) or (_ANSWER + feedback.id,)


def is_record(key: str) -> bool:
    return key.startswith(_RECORD)


def is_user(key: str) -> bool:
    """Whether it is a tool's own id."""
    return key.startswith(_USER)


def is_email(key: str) -> bool:
    """Whether it is that of an address."""
    return key.startswith(_EMAIL)


def may_become(key: str, stronger: str) -> bool:
    """Whether the person of `key` can be the person of `stronger`: two records are two people, but for a lead that
    has become a contact."""
    if is_record(key) and is_record(stronger):
        return key.startswith(_LEAD) and stronger.startswith(_CONTACT)
    return True


def tells_apart(key: str, known: str) -> bool:
    """Whether two different keys of this kind can only belong to two people: two ids of the same tool."""
    return key != known and is_user(key) and is_user(known) and key.split("#")[1] == known.split("#")[1]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
