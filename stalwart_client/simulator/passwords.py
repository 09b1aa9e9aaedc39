"""Secrets as the servers store and check them: hashes of many kinds, clear text, TOTP, and the strength rule."""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import os
import re
import struct
import warnings
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from zxcvbn import zxcvbn

with warnings.catch_warnings():  # deprecated, and gone from Python 3.13
    warnings.simplefilter("ignore", DeprecationWarning)
    _CRYPT = importlib.import_module("crypt") if find_spec("crypt") else None

MASK: Final = "****"
MAXIMUM: Final = 128
_STRENGTHS: Final = ("zero", "one", "two", "three", "four")
_DIGESTS: Final[dict[str, Callable[[bytes], hashlib._Hash]]] = {
    "MD5": hashlib.md5,
    "SHA": hashlib.sha1,
    "SHA256": hashlib.sha256,
    "SHA512": hashlib.sha512,
}
_HASH: Final = re.compile(
    r"\$argon2|\$pbkdf2|\$scrypt|\$2[abxy]\$.{56}$|\$1\$|\$5\$|\$6\$|\$sha1\$"
    r"|\{(SHA|SSHA|SHA256|SSHA256|SHA512|SSHA512|MD5|ARGON2I?D?|PBKDF2|CRYPT)\}"
)


class Unusable(Exception):
    """What is stored cannot be checked at all: its prefix promises a hash that is none we know."""


def is_hash(secret: str) -> bool:
    """Say whether 0.16 takes a secret as a complete hash and stores it as it was sent (jmap.md 5.3)."""
    return _HASH.match(secret) is not None


def hashed(secret: str) -> str:
    """Hash a secret for our own store; nobody ever sees it, so a quick salted digest does for argon2id."""
    salt = os.urandom(12)
    return "{SSHA512}" + base64.b64encode(hashlib.sha512(secret.encode() + salt).digest() + salt).decode()


def weakness(secret: str, policy: Mapping[str, Any]) -> str:
    """Say what 0.16's policy has against a password, in the server's words; empty if nothing (jmap.md 5.3).

    :param policy: the server's x:Authentication
    """
    size, least, most = len(secret.encode()), int(policy["passwordMinLength"]), int(policy["passwordMaxLength"])
    if size < least:
        return f"Password must be at least {least} characters long."
    if size > most:
        return f"Password must be at most {most} characters long."
    found = zxcvbn(secret, max_length=max(most, MAXIMUM))
    if found["score"] >= _STRENGTHS.index(policy["passwordMinStrength"]):
        return ""
    feedback = [found["feedback"]["warning"], *found["feedback"]["suggestions"]]
    return " ".join(["Password is too weak.", *filter(None, feedback)])


def matches(stored: str, given: str) -> bool:
    """Check a secret against what is stored (rest.md 1.2).

    :raises Unusable: if it begins like a hash and is none that can be checked
    """
    if stored.startswith("$argon2id$"):
        return _argon2(stored, given)
    if stored.startswith("{"):
        return _braced(stored, given)
    if stored.startswith(("$", "_")):
        return _crypt(stored, given)
    return hmac.compare_digest(stored.encode(), given.encode())


def totp_codes(url: str, now: datetime) -> set[str]:
    """Return the codes an `otpauth://` URL gives now, one step of grace on either side."""
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    period, digits = int(parameters.get("period", "30")), int(parameters.get("digits", "6"))
    secret = parameters.get("secret", "").upper()
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    algorithm = parameters.get("algorithm", "SHA1").lower()
    step = int(now.timestamp()) // period
    return {_totp_code(key, step + shift, digits, algorithm) for shift in (-1, 0, 1)}


def _totp_code(key: bytes, step: int, digits: int, algorithm: str) -> str:
    digest = hmac.new(key, struct.pack(">Q", step), algorithm).digest()
    place = digest[-1] & 15
    number: int = struct.unpack(">I", digest[place : place + 4])[0] & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


# The real server pays for argon2 on every request; a simulator that answers thousands a second must not.
@lru_cache(maxsize=4096)
def _argon2(stored: str, given: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(given.encode(), stored)
    except InvalidKey:
        return False
    except ValueError as exc:
        raise Unusable(stored[:10]) from exc
    return True


def _braced(stored: str, given: str) -> bool:
    scheme, _, rest = stored[1:].partition("}")
    if scheme in {"PLAIN", "plain", "CLEAR", "clear"}:
        return hmac.compare_digest(rest.encode(), given.encode())
    if scheme in {"ARGON2", "ARGON2I", "ARGON2ID", "PBKDF2", "CRYPT", "crypt"}:
        return matches(rest, given)
    digest = _DIGESTS.get(scheme) or _DIGESTS.get(scheme.removeprefix("S"))
    if digest is None:
        raise Unusable(scheme)
    raw = base64.b64decode(rest)
    size = digest(b"").digest_size
    return hmac.compare_digest(digest(given.encode() + raw[size:]).digest(), raw[:size])


def _crypt(stored: str, given: str) -> bool:
    """Check sha512-crypt and its kin, which only the C library knows; without it they count as wrong."""
    if not stored.startswith(("$1$", "$5$", "$6$")):
        raise Unusable(stored[:4])
    return _CRYPT is not None and hmac.compare_digest(_CRYPT.crypt(given, stored) or "", stored)
