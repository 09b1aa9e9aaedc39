"""Where the mail server and our record differ: the kinds, what can be done about each, and when to doubt the server."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from enum import StrEnum


class Difference(StrEnum):
    """What kind of difference it is."""

    ONLY_THERE = "only_there"
    """The server has a mailbox that nobody recorded."""
    ONLY_HERE = "only_here"
    """A mailbox that was on the server is there no more."""
    DIFFERENT = "different"


class Standing(StrEnum):
    OPEN = "open"
    IGNORED = "ignored"
    SETTLED = "settled"


class Field(StrEnum):
    """What of a mailbox the panel owns. The last four are doors and ends: shutting them is never held back."""

    NAME = "name"
    QUOTA = "quota"
    ALIASES = "aliases"
    GROUPS = "groups"
    """Those that the panel puts it into; others are nobody's difference."""
    LOCKED = "locked"
    RECEIVE = "receive"
    CREDENTIALS = "credentials"
    DIRECTORY = "directory"
    DEADLINE = "deadline"


class Remedy(StrEnum):
    """What a person can do about a difference."""

    ADOPT = "adopt"
    LOCK = "lock"
    MAKE_AGAIN = "make_again"
    END = "end"
    PUT_RIGHT = "put_right"
    ACCEPT = "accept"
    IGNORE = "ignore"


class Strange(StrEnum):
    """Why a whole listing is not believed."""

    EMPTY = "empty"
    MISSING = "missing"


_ACCEPTABLE = frozenset({Field.NAME, Field.QUOTA, Field.ALIASES, Field.GROUPS, Field.DEADLINE, Field.LOCKED})
_FEW = 5
_SYSTEM = frozenset(
    {"abuse", "admin", "administrator", "hostmaster", "mailer-daemon", "noc", "postmaster", "root", "security"}
)
"""Local parts that belong to the server or to nobody in particular (RFC 2142)."""


def remedies(
    kind: Difference, fields: Iterable[str], *, stands_open: bool = False, is_ours: bool = False
) -> list[Remedy]:
    """Return what can be done about a difference, the usual thing first.

    `stands_open`: the server lets somebody in whom our record shuts out. That can neither be accepted nor
    ignored; who wants it open reinstates the account. `is_ours`: the panel itself, or the mail system, lives
    in that mailbox, so that locking it is not proposed.
    """
    if kind is Difference.ONLY_THERE:
        return [Remedy.IGNORE, Remedy.ADOPT] if is_ours else [Remedy.ADOPT, Remedy.LOCK, Remedy.IGNORE]
    if kind is Difference.ONLY_HERE:
        return [Remedy.MAKE_AGAIN, Remedy.END, Remedy.IGNORE]
    if stands_open:
        return [Remedy.PUT_RIGHT]
    named = set(fields)
    return [Remedy.PUT_RIGHT, *([Remedy.ACCEPT] if named and named <= _ACCEPTABLE else []), Remedy.IGNORE]


def is_system(address: str) -> bool:
    """Say whether an address is by its name the mail system's own."""
    return address.partition("@")[0].lower() in _SYSTEM


def doubt(*, listed: int, expected: int, missing: int, percent: int) -> Strange | None:
    """Say why a complete listing is not believed: nothing at all, or so many gone that it must be another server."""
    if expected and not listed:
        return Strange.EMPTY
    return Strange.MISSING if missing > max(_FEW, expected * percent / 100) else None


def fits(address: str, pattern: str) -> bool:
    """Say whether an address is meant by a domain (`example.org`), or a pattern (`promo*@example.org`)."""
    wanted = pattern.strip().lower()
    if not wanted:
        return True
    wanted = wanted if "@" in wanted else f"*@{wanted}" if "*" not in wanted else wanted
    return fnmatch.fnmatchcase(address, wanted.replace("[", "[[]"))
