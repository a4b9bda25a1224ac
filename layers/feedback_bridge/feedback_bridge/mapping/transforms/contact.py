"""Steps on the ways to reach a person: telephone number, e-mail address, web address."""

import re
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from feedback_bridge.mapping.field_types.text import EMAIL, half_width
from feedback_bridge.mapping.field_types.unfit import Unfit

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_LONGEST_PHONE, _LONGEST_ADDRESS = 60, 2000


def is_region(region: str) -> bool:
    """Whether it is a country code that telephone numbers are known for (`JP`)."""
    import phonenumbers  # Only mappings with telephone numbers pay for the library.

    return region in phonenumbers.SUPPORTED_REGIONS


def phone(region: str) -> Callable[[Any], Any]:
    """E.164 (`+819012345678`); numbers without a country code are the region's."""

    def step(value: Any) -> str:
        import phonenumbers

        text = half_width(value)
        try:
            number = phonenumbers.parse(text if len(text) <= _LONGEST_PHONE else "", region)
        except phonenumbers.NumberParseException:
            raise Unfit("is not a telephone number") from None
        if not phonenumbers.is_valid_number(number):
            raise Unfit("is not a telephone number that exists")
        formatted: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        return formatted

    return step


def email(value: Any) -> str:
    """The address alone, from `Name <address>` or `mailto:` too, its domain in small letters."""
    text = half_width(value)[:_LONGEST_ADDRESS].removeprefix("mailto:")
    address = parseaddr(text)[1] if "<" in text else text
    local, at, domain = address.rpartition("@")
    cleaned = f"{local}{at}{domain.lower()}"
    if not EMAIL.fullmatch(cleaned):
        raise Unfit("is not an e-mail address")
    return cleaned


def url(value: Any) -> str:
    """A web address with its scheme; https where it has none."""
    text = half_width(value)[:_LONGEST_ADDRESS].replace(" ", "%20")
    if not _SCHEME.match(text) or "." in text.partition(":")[0]:
        text = f"https://{text.removeprefix('//')}"
    if not _host(text):
        raise Unfit("is not a web address (http or https)")
    return text


def domain(value: Any) -> str:
    """The host of an e-mail or web address, in small letters."""
    text = half_width(value)[:_LONGEST_ADDRESS]
    host = text.rpartition("@")[2].rstrip(">").strip() if "@" in text and "/" not in text else _host(url(text))
    if not host or "." not in host:
        raise Unfit("has no domain")
    return host.lower()


def _host(text: str) -> str | None:
    try:
        parts = urlsplit(text)
        return parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        return None
