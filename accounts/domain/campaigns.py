"""What a campaign's dates mean for its accounts. An account follows them until a person gives it its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.domain.dates import end_of
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import DAY, LONGEST_TERM, Life, State


class Stage(StrEnum):
    """Where a campaign stands. One without a last day runs until somebody gives it one."""

    AHEAD = "ahead"
    RUNNING = "running"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Dates:
    """From when to when a campaign goes, as far as it is agreed; `ends_at` is exclusive."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def stage_at(self, now: datetime) -> Stage:
        if self.ends_at is not None and now >= self.ends_at:
            return Stage.OVER
        return Stage.AHEAD if self.starts_at is not None and now < self.starts_at else Stage.RUNNING

    def agreed(self, now: datetime, before: Dates | None = None) -> Dates:
        """Check new dates and return them; an end that stays as it was may lie in the past.

        :raises RuleBroken: if they end before they start, in the past, or absurdly late
        """
        if self.ends_at is None:
            return self
        if self.starts_at is not None and self.ends_at <= self.starts_at:
            raise RuleBroken("end_before_start", field="ends_at", starts_at=self.starts_at)
        if (before is None or self.ends_at != before.ends_at) and self.ends_at <= now:
            raise RuleBroken("campaign_end_in_the_past", field="ends_at")
        if self.ends_at - max(self.starts_at or now, now) > LONGEST_TERM:
            raise RuleBroken("term_too_long", field="ends_at", longest=LONGEST_TERM.days)
        return self

    def cut(self, now: datetime) -> Dates:
        """End it now. One that never began has no first day any more."""
        ends_at = now if self.ends_at is None else min(self.ends_at, now)
        return Dates(None if self.stage_at(now) is Stage.AHEAD else self.starts_at, ends_at)


def first_term(
    starts_at: datetime | None,
    ends_at: datetime | None,
    dates: Dates,
    usual_days: int | None,
    zone: ZoneInfo,
    now: datetime,
) -> tuple[datetime, datetime]:
    """Return the term of a new account: what was said, else the campaign's, else as many days as are usual.

    :raises RuleBroken: if nothing says when it ends
    """
    start = starts_at or max(dates.starts_at or now, now)
    end = ends_at or dates.ends_at
    if end is None and usual_days:
        end = end_of(start.astimezone(zone).date() + (usual_days - 1) * DAY, zone)
    if end is None:
        raise RuleBroken("end_needed", field="ends_at")
    return start, end


def following(life: Life, before: Dates, after: Dates, now: datetime) -> Life:
    """Return the life of an account once its campaign goes by other dates.

    Who is open stays open, whatever the new first day; who was to begin with the campaign begins with it.

    :raises RuleBroken: if the account cannot follow, or the campaign has no last day
    """
    if after.ends_at is None:
        raise RuleBroken("campaign_has_no_end", field="ends_at")
    waits = life.state_at(now) is State.SCHEDULED and life.starts_at == before.starts_at
    if waits and after.starts_at is not None:
        life = replace(life, starts_at=after.starts_at)
    return life.extended(after.ends_at, now)


def still_follows(before: Life, after: Life, dates: Dates, now: datetime, *, followed: bool) -> bool:
    """Say whether an account goes by its campaign's dates after its own were changed.

    The campaign's own last day is no other; and who ends after the campaign was cut goes on belonging to it.
    """
    if after.ends_at == before.ends_at:
        return followed
    if after.ends_at == dates.ends_at:
        return True
    return followed and dates.stage_at(now) is Stage.OVER and after.ends_at <= now
