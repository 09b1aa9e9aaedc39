"""One change that is intended for many accounts at once, and what it would make of the life of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from zoneinfo import ZoneInfo

from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import LONGEST_TERM, Life

MOST_AT_ONCE = 20_000
"""More accounts than this are taken in several steps: a plan is looked at by a person."""


class Change(StrEnum):
    EXTEND = "extend"
    END = "end"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    MOVE = "move"
    PROFILE = "profile"
    QUOTA = "quota"
    PURGE = "purge"


NEEDS_REASON = frozenset({Change.END, Change.SUSPEND, Change.PURGE})
ALREADY_SO = frozenset(
    {
        "cannot_end_ended",
        "cannot_end_closed",
        "cannot_suspend_suspended",
        "cannot_reinstate_active",
        "already_purged",
    }
)
"""What a rule says where all is as intended: nothing is to be done, and nothing went wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What is intended for every account; which of the values count depends on the change."""

    change: Change
    reason: str = ""
    ends_at: datetime | None = None
    days: int | None = None
    campaign: str = ""
    profile: str = ""
    quota: int | None = None

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> Self:
        """Return the intent that `as_params` wrote down."""
        ends_at = params.get("ends_at")
        given = {name: params[name] for name in ("reason", "days", "campaign", "profile", "quota") if name in params}
        return cls(
            change=Change(params["change"]), ends_at=datetime.fromisoformat(ends_at) if ends_at else None, **given
        )

    def as_params(self) -> dict[str, Any]:
        """Return plain values, for a batch to keep."""
        given = asdict(self) | {"ends_at": self.ends_at.isoformat() if self.ends_at else None}
        return {name: value for name, value in given.items() if value not in {None, ""}}

    def require_whole(self, now: datetime) -> None:
        """Refuse an intent that lacks what its change needs, or that nobody at all could be granted.

        :raises RuleBroken: naming the field
        """
        if self.change in NEEDS_REASON and not self.reason.strip():
            raise RuleBroken("reason_required", field="reason")
        if self.change is Change.EXTEND and self.ends_at is None and self.days is None:
            raise RuleBroken("required", field="ends_at")
        if self.ends_at is not None and self.ends_at <= now:
            raise RuleBroken("end_in_the_past", field="ends_at", ends_at=self.ends_at)
        if self.days is not None and not 1 <= self.days <= LONGEST_TERM.days:
            raise RuleBroken("days_out_of_range", field="days", longest=LONGEST_TERM.days)
        if self.change is Change.PROFILE and not self.profile.strip():
            raise RuleBroken("required", field="profile")
        if self.change is Change.QUOTA and self.quota is None:
            raise RuleBroken("required", field="quota")

    def life_after(self, life: Life, now: datetime, zone: ZoneInfo) -> Life:
        """Return the life that the intent leads to.

        :raises RuleBroken: if the rules do not allow it for this account now
        """
        match self.change:
            case Change.EXTEND:
                return life.extended(self.end_for(life, now, zone), now)
            case Change.END:
                return life.ended(now)
            case Change.SUSPEND:
                return life.suspended_by_hand(now)
            case Change.REINSTATE:
                return life.reinstated(now, self.end_for_reopening(life, now, zone))
            case Change.PURGE:
                return life.given_up(now)
        return life

    def end_for(self, life: Life, now: datetime, zone: ZoneInfo) -> datetime:
        return self.ends_at if self.ends_at is not None else life.later_by(self.days or 0, now, zone)

    def end_for_reopening(self, life: Life, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the new end for an account whose term is over; one that still runs keeps its own."""
        if now < life.ends_at or (self.ends_at is None and self.days is None):
            return None
        return self.end_for(life, now, zone)
