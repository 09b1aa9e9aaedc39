"""Passwords that the panel makes for holders, and the hash in which they leave this process.

The words are the EFF's large list (CC BY 3.0 US, eff.org/dice). Stalwart reads a stored secret that begins with
"$", "_" or "{" as a hash (rest.md 1.2), so nothing made here begins with those.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher

SHORTEST = 16
_WORDS = 5
_CHARACTERS = 20
_ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0 O, 1 l I and o: the password is read from a screen and typed on a phone."""

_HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
"""OWASP's argon2id setting, about 25 ms; Stalwart stores the PHC string as it is sent (lifecycle.md)."""


class Style(StrEnum):
    WORDS = "words"
    CHARACTERS = "characters"


def generate(style: Style) -> str:
    """Return a new password: five words (64 bits) or 20 characters (116 bits), 16 characters at least."""
    while True:
        if style is Style.WORDS:
            password = "-".join(secrets.choice(_words()) for _ in range(_WORDS))
        else:
            password = "".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))
        if len(password) >= SHORTEST:
            return password


def hashed(password: str) -> str:
    """Return the argon2id PHC string of a password (RFC 9106)."""
    return _HASHER.hash(password)


@cache
def _words() -> tuple[str, ...]:
    text = (Path(__file__).parent / "data" / "eff_large_wordlist.txt").read_text(encoding="ascii")
    return tuple(text.split())
