"""Addresses of tools' APIs in a source's settings."""

from typing import Annotated

from pydantic import AfterValidator, HttpUrl

_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


def _https_or_loopback(url: HttpUrl) -> HttpUrl:
    if url.scheme != "https" and url.host not in _LOOPBACK:
        raise ValueError("must begin with https://")
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must be an address without user, query or fragment")
    return url


ApiUrl = Annotated[HttpUrl, AfterValidator(_https_or_loopback)]
"""https, because a token goes there; plain http only to this machine, where the local stack's stand-ins are."""
