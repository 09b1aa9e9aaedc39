"""How long a sign-in lasts, and when a person must show again who they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=8)
RECHECK = timedelta(minutes=15)
"""Roles come with a sign-in only: after this long the provider is asked again, without the person noticing."""
CONFIRMED = timedelta(minutes=10)
"""How long ago a person may have proven who they are, before something that cannot be undone."""
HALFWAY = timedelta(minutes=5)
"""How long somebody may take between the password and the code."""
_SKEW = timedelta(minutes=1)


class Standing(Enum):
    GOOD = "good"
    STALE = "stale"
    """The provider must be asked again before anything else."""
    IDLE = "idle"
    OVER = "over"

    @property
    def is_over(self) -> bool:
        return self in {Standing.IDLE, Standing.OVER}


def standing(*, signed_in_at: datetime, seen_at: datetime, checked_at: datetime | None, now: datetime) -> Standing:
    """Say how a session stands; `checked_at` is None where no provider answers for it."""
    if now - signed_in_at >= ABSOLUTE:
        return Standing.OVER
    if now - seen_at >= IDLE:
        return Standing.IDLE
    if checked_at is not None and now - checked_at >= RECHECK:
        return Standing.STALE
    return Standing.GOOD


def is_confirmed(at: datetime | None, now: datetime) -> bool:
    """Say whether a proof of who somebody is still counts; one from the future never does."""
    return at is not None and -_SKEW <= now - at < CONFIRMED
