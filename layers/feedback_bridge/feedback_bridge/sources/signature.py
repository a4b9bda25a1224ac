"""HMAC signatures and static secrets, compared in constant time against every secret that is valid now."""

import base64
import hmac
from collections.abc import Iterable, Sequence
from typing import Literal

Algorithm = Literal["sha1", "sha256", "sha512"]
Encoding = Literal["hex", "base64"]


def signed_by(
    secrets: Sequence[str],
    message: bytes,
    presented: str,
    *,
    algorithm: Algorithm = "sha256",
    encoding: Encoding = "hex",
    prefix: str = "",
) -> bool:
    """Whether `presented` is `prefix` and then the HMAC of `message` with one of `secrets`, encoded as named.

    The texts are compared, not what they decode to: of all spellings of a signature (upper-case hex, base64 without
    padding or with white space) only the vendor's own counts. An empty secret signs nothing.
    """
    return equals_any(
        (prefix + _encoded(hmac.digest(secret.encode(), message, algorithm), encoding) for secret in secrets if secret),
        presented,
    )


def equals_any(expected: Iterable[str], presented: str) -> bool:
    """Whether `presented` is one of `expected`. Takes the same time wherever they differ and whichever one fits."""
    given = presented.encode("utf-8", "surrogatepass")
    found = False
    for text in expected:
        found |= hmac.compare_digest(text.encode(), given)
    return found


def _encoded(digest: bytes, encoding: Encoding) -> str:
    return digest.hex() if encoding == "hex" else base64.b64encode(digest).decode("ascii")
