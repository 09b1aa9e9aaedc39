"""Mail addresses as this company uses them: plain local parts that every mail program can type.

Stricter than RFC 5321 on purpose: letters, digits, dot, hyphen and underscore. `+` is Stalwart's sub-addressing
and can be no mailbox; accents and apostrophes are taken by one generation and refused by the other.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import idna

from accounts.domain.errors import RuleBroken

_LOCAL = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NOT_PLAIN = re.compile(r"[^a-z0-9._-]+")
_DOTS = re.compile(r"\.{2,}")
_SPELT_OUT = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "\u0131": "i"}
)

LONGEST_LOCAL = 64
LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class Address:
    """A checked address in lower case; the domain in its ASCII (IDNA) form."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse(text: str, *, field: str = "address") -> Address:
    """Read an address as typed: blanks around it and capitals are forgiven.

    :raises RuleBroken: naming what is wrong; with a `suggestion` where one can be made
    """
    cleaned = text.strip()
    local, at, domain = cleaned.rpartition("@")
    if not at or not local or not domain:
        raise RuleBroken("address_incomplete", field=field, text=cleaned[:80])
    return Address(local=check_local(local, field=field), domain=check_domain(domain, field=field))


def check_local(text: str, *, field: str = "address") -> str:
    """Return the local part in lower case.

    :raises RuleBroken: if it has characters we do not use, or is too long
    """
    local = unicodedata.normalize("NFC", text).lower()
    if len(local) > LONGEST_LOCAL:
        raise RuleBroken("address_too_long", field=field, longest=LONGEST_LOCAL)
    if not _LOCAL.fullmatch(local) or ".." in local:
        raise RuleBroken("address_characters", field=field, suggestion=plain(local))
    return local


@lru_cache(maxsize=1024)  # a long list names few, and idna is slow
def check_domain(text: str, *, field: str = "domain") -> str:
    """Return a domain in its ASCII form, lower case, without a trailing dot (RFC 1123, RFC 5891).

    A ß stays a ß, as registries have it since 2008; the codec of the standard library would make ss of it,
    which is somebody else's domain.

    :raises RuleBroken: if it is no host name with at least two labels
    """
    try:
        name = idna.encode(text.strip().rstrip("."), uts46=True).decode("ascii")
    except UnicodeError:  # which idna's own errors are
        name = ""
    labels = name.split(".")
    shaped = len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit()
    if not shaped or len(name) > LONGEST_ADDRESS - LONGEST_LOCAL:
        raise RuleBroken("domain_invalid", field=field, text=text.strip()[:80])
    return name


def shown(domain: str) -> str:
    """Return a domain as people write it: in its own script, where that leads back to the same name."""
    try:
        name = idna.decode(domain)
        return name if idna.encode(name, uts46=True).decode("ascii") == domain else domain
    except UnicodeError:
        return domain


def plain(text: str) -> str:
    """Return the nearest local part that can be used, or "" if nothing is left of it.

    Accents fall away (Zoë becomes zoe), blanks become dots, everything else we do not use is left out.
    """
    spelt = unicodedata.normalize("NFKD", text.lower().translate(_SPELT_OUT)).lower()
    kept = _NOT_PLAIN.sub("", spelt.replace(" ", "."))
    return _DOTS.sub(".", kept).strip("._-")[:LONGEST_LOCAL]
