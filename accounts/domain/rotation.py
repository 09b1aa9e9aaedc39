"""How a domain gets a new signing key (DKIM) without a mail that nobody can verify.

    making ─▶ publishing ─▶ switching ─▶ waiting ─▶ removing ─▶ done
       └──────────┴─────────────┴─▶ abandoning ─▶ abandoned

The new key signs only once its record was seen on the authoritative name servers, unless a person insists. The old
key is deleted after a waiting time, since mail that it signed may still be on its way. A key that is in other hands
goes at once: the waiting is left out on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from accounts.domain.errors import RuleBroken


class Stage(StrEnum):
    MAKING = "making"
    """The mail server is to make the new key; it does not sign."""
    PUBLISHING = "publishing"
    """Its record is to be published; we look for it."""
    SWITCHING = "switching"
    """The new key is to sign, and the old ones no more."""
    WAITING = "waiting"
    """The new key signs; the old ones stay until mail on its way has arrived."""
    REMOVING = "removing"
    """The old keys are to be deleted."""
    ABANDONING = "abandoning"
    """The new key is to be deleted; the old ones go on signing."""
    DONE = "done"
    ABANDONED = "abandoned"


NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.MAKING: frozenset({Stage.PUBLISHING, Stage.SWITCHING, Stage.ABANDONING}),
    Stage.PUBLISHING: frozenset({Stage.SWITCHING, Stage.ABANDONING}),
    Stage.SWITCHING: frozenset({Stage.WAITING, Stage.REMOVING, Stage.DONE, Stage.ABANDONING}),
    Stage.WAITING: frozenset({Stage.REMOVING}),
    Stage.REMOVING: frozenset({Stage.DONE}),
    Stage.ABANDONING: frozenset({Stage.ABANDONED}),
    Stage.DONE: frozenset(),
    Stage.ABANDONED: frozenset(),
}
OVER = frozenset({Stage.DONE, Stage.ABANDONED})
ABANDONABLE = frozenset(stage for stage, after in NEXT.items() if Stage.ABANDONING in after)
SERVER_ACTS = frozenset({Stage.MAKING, Stage.SWITCHING, Stage.REMOVING, Stage.ABANDONING})
"""Stages in which something is wanted of the mail server; in the others we look at the name servers or the clock."""


class Verdict(StrEnum):
    """What the name servers say of a record."""

    SEEN = "seen"
    MISSING = "missing"
    DIFFERENT = "different"
    SEVERAL = "several"
    """More than one key under one selector: receivers may take either, so none can be relied on (RFC 6376 3.6.2.2)."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why it could not be found out; says nothing about the record."""

    reason: str


DEFAULT_WAIT_DAYS = 7
LONGEST_WAIT_DAYS = 90
_LOOKS = (
    (timedelta(hours=1), timedelta(minutes=1)),
    (timedelta(days=1), timedelta(minutes=10)),
)
_RARELY = timedelta(hours=1)
_LOOKS_AFTER_THE_END = timedelta(days=30)
_LETTER = {"ed25519": "e", "rsa": "r"}
_BLANKS = re.compile(r"\s+")


def require(stage: Stage, after: Stage) -> None:
    """Refuse a step that the stage does not allow.

    :raises RuleBroken: with the stage, so that the sentence can say what holds instead
    """
    if after not in NEXT[stage]:
        raise RuleBroken(f"rotation_is_{stage}")


def wait_days(days: int) -> int:
    """Return for how many days the old key is kept.

    :raises RuleBroken: if that is no sensible number
    """
    if not 1 <= days <= LONGEST_WAIT_DAYS:
        raise RuleBroken("wait_out_of_range", field="days", longest=LONGEST_WAIT_DAYS)
    return days


def after_making(*, is_urgent: bool) -> Stage:
    return Stage.SWITCHING if is_urgent else Stage.PUBLISHING


def after_switching(old: Collection[str], *, is_urgent: bool) -> Stage:
    """Return what follows once the new key signs; a first key has none before it."""
    if not old:
        return Stage.DONE
    return Stage.REMOVING if is_urgent else Stage.WAITING


def removes_at(now: datetime, days: int) -> datetime:
    return now + timedelta(days=days)


def looks_again_at(made_at: datetime, now: datetime) -> datetime:
    """Return when to ask the name servers again: a person who has just typed the record waits for us."""
    age = now - made_at
    return now + next((every for until, every in _LOOKS if age < until), _RARELY)


def still_looks(ended_at: datetime | None, now: datetime) -> bool:
    """Say whether a record that nobody waits for is looked for still: a key that was insisted on is told about."""
    return ended_at is None or now - ended_at < _LOOKS_AFTER_THE_END


def selector(algorithm: str, taken: Collection[str], today: date) -> str:
    """Return a selector made of the day that was never used: name servers everywhere may remember an old one."""
    base = f"{today:%Y%m%d}{_LETTER[algorithm]}"
    numbered = (base if n == 1 else f"{base}{n}" for n in range(1, len(taken) + 2))
    return next(each for each in numbered if each not in taken)


def verdict(expected: str, found: Iterable[str] | Unknown) -> Verdict:
    """Compare the texts under a selector's name with the record that a key needs.

    Order, blanks and tags that do not matter are passed over: it counts which key verifies.
    """
    if isinstance(found, Unknown):
        return Verdict.UNKNOWN
    keys = [tags for tags in map(_tags, found) if "p" in tags]
    if not keys:
        return Verdict.MISSING
    if len(keys) > 1:
        return Verdict.SEVERAL
    return Verdict.SEEN if _same(keys[0], _tags(expected)) else Verdict.DIFFERENT


def _same(found: dict[str, str], expected: dict[str, str]) -> bool:
    is_dkim = found.get("v", "DKIM1") == "DKIM1"
    takes_hash = "sha256" in found.get("h", "sha256").split(":")
    takes_mail = not {"*", "email"}.isdisjoint(found.get("s", "*").split(":"))
    same_key = found["p"] == expected["p"] and found.get("k", "rsa") == expected.get("k", "rsa")
    return is_dkim and takes_hash and takes_mail and same_key


def _tags(text: str) -> dict[str, str]:
    """Read "v=DKIM1; k=rsa; p=…" (RFC 6376 3.2); blanks inside a value are no part of it."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): _BLANKS.sub("", value) for name, equals, value in pairs if equals and name.strip()}
