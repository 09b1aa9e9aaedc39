"""How the servers clean and check the addresses and domain names that are sent to them."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

_SIGNS: Final = frozenset("!#$%&'*+-/=?^_`{|}~.")
_LABEL: Final = re.compile(r"[a-z0-9_@-]*[a-z0-9_-]")
_LOCAL_SUFFIXES: Final = frozenset(
    {"test", "localhost", "local", "internal", "lan", "home", "corp", "intranet", "private", "localdomain"}
)
"""What 0.16 takes for a suffix although it is on no list; 0.15 does not."""


@cache
def _suffixes() -> frozenset[str]:
    """Return the top-level names that the public suffix list of both servers knows."""
    lines = resources.files(__package__).joinpath("data/top-level-domains.txt").read_text().splitlines()
    return _LOCAL_SUFFIXES.union(line for line in lines if not line.startswith("#"))


def is_local_suffix(address: str) -> bool:
    """Say whether an address lies in a domain that only a private network knows."""
    return address.rpartition(".")[2] in _LOCAL_SUFFIXES


def clean_local_part(text: str) -> str | None:
    """Lower-case a local part and take out its blanks; None if it is none."""
    letters = "".join(text.split()).lower()
    if not letters or letters.startswith(".") or letters.endswith(".") or ".." in letters:
        return None
    return letters if all(letter.isalnum() or letter in _SIGNS for letter in letters) else None


def clean_domain(text: str) -> str | None:
    """Lower-case a domain name and write it in ASCII; None if it is none."""
    name = "".join(text.split()).lower()
    try:
        ascii_name = name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return None
    labels = ascii_name.split(".")
    is_name = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    return ascii_name if is_name and labels[-1] in _suffixes() else None


def clean_email(text: str) -> str | None:
    """Clean both sides of an address; None if it is none."""
    local, at, domain = text.partition("@")
    cleaned_local, cleaned_domain = clean_local_part(local), clean_domain(domain)
    if not at or cleaned_local is None or cleaned_domain is None:
        return None
    return f"{cleaned_local}@{cleaned_domain}"
