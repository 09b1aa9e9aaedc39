"""Recovery codes: ten of 80 random bits, kept as hashes, each good for one sign-in when the phone is gone."""

from __future__ import annotations

import hashlib
import secrets

NUMBER = 10
FEW = 3
"""Below so many, people are told to make new ones."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 characters, 5 bits each; no I, O, 0 or 1, which look alike on paper."""
_LENGTH = 16
_GROUP = 4


def generate() -> list[str]:
    """Return new codes as they are shown: ABCD-EFGH-JKLM-NPQR."""
    return ["-".join(_part() for _ in range(_LENGTH // _GROUP)) for _ in range(NUMBER)]


def digest(code: str) -> str:
    """Return what is stored of a code. 80 bits cannot be guessed, so a plain hash is enough."""
    return hashlib.sha256(tidy(code).encode()).hexdigest()


def tidy(code: str) -> str:
    """Return a code as typed, without what people put between its letters."""
    return "".join(character for character in code.upper() if character.isalnum())


def looks_like_one(code: str) -> bool:
    return len(tidy(code)) == _LENGTH


def _part() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
