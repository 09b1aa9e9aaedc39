"""Ids as 0.16 writes them: numbers in base32 with an alphabet of its own (jmap.md 3.1)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Final

ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz792013"
SINGLETON: Final = "singleton"
NONE: Final = "p333333333333"
"""2**64 - 1, which 0.16 gives back where no account was named."""
RECOVERY_ADMIN: Final = "d333333"
"""4294967295, the account id of the administrator who is not stored anywhere, on both generations."""

_VALUES: Final = {letter: value for value, letter in enumerate(ALPHABET)}
_VALUES.update({letter.upper(): value for letter, value in _VALUES.items() if "k" <= letter <= "z"})
_LARGEST: Final = 2**64
_EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)


def encode(number: int) -> str:
    """Write a number as an id: 0 is `a`, 31 is `3`, 32 is `ba`."""
    letters = ""
    while True:
        number, value = divmod(number, 32)
        letters = ALPHABET[value] + letters
        if not number:
            return letters


def decode(text: object) -> int | None:
    """Read an id; None if it is none, as `8888`. From K on capitals count as small letters, and nothing at all as 0."""
    if not isinstance(text, str):
        return None
    number = 0
    for letter in text:
        value = _VALUES.get(letter)
        if value is None:
            return None
        number = number * 32 + value
    return number % _LARGEST


def cleaned(text: object) -> str | None:
    """Return an id as the server writes it; None if it is none."""
    number = decode(text)
    return None if number is None else encode(number)


def snowflake(now: datetime, last: int) -> int:
    """Return an id that grows with time and is above the last one."""
    return max(last + 1, int((now - _EPOCH).total_seconds() * 1000) << 21)


def base32(raw: bytes) -> str:
    """Write bytes in the same alphabet, as app passwords are."""
    standard = base64.b32encode(raw).decode().rstrip("=")
    return standard.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET))
