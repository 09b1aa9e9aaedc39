"""The life of an account: six states, the moments between them, and who may be moved where.

A state is never stored as an opinion: it follows from the dates, from whether a person suspended the account,
and from the clock. Upper bounds are exclusive: at `ends_at` the account has ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from accounts.domain.dates import days_later
from accounts.domain.errors import RuleBroken

DAY = timedelta(days=1)
EXPIRING_WITHIN = timedelta(days=7)
LONGEST_TERM = timedelta(days=5 * 366)


class State(StrEnum):
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"
    CLOSED = "closed"
    PURGED = "purged"


class Move(StrEnum):
    """What a person can do to an account."""

    EDIT = "edit"
    SET_PASSWORD = "set_password"
    EXTEND = "extend"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    END = "end"
    PURGE = "purge"
    HOLD = "hold"
    RELEASE = "release"


_ALWAYS = frozenset({Move.EDIT, Move.EXTEND, Move.HOLD, Move.RELEASE})

MOVES: dict[State, frozenset[Move]] = {
    State.SCHEDULED: _ALWAYS | {Move.SET_PASSWORD, Move.END},
    State.ACTIVE: _ALWAYS | {Move.SET_PASSWORD, Move.SUSPEND, Move.END},
    State.SUSPENDED: _ALWAYS | {Move.SET_PASSWORD, Move.REINSTATE, Move.END},
    State.ENDED: _ALWAYS | {Move.REINSTATE},
    State.CLOSED: _ALWAYS | {Move.REINSTATE, Move.PURGE},
    State.PURGED: frozenset(),
}

LOCKED_STATES = frozenset({State.SUSPENDED, State.ENDED, State.CLOSED})
"""States whose mailbox must let nobody in. A scheduled one is locked too where it exists already."""
KEPT_STATES = tuple(state for state in State if state is not State.PURGED)
"""More than a record is left of them. Named one by one, an index on the state serves them; "not purged" has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Everything that decides an account's state, and nothing else."""

    starts_at: datetime
    ends_at: datetime
    grace: timedelta
    retention: timedelta
    suspended: bool = False
    held: bool = False
    purged: bool = False

    @property
    def closes_at(self) -> datetime:
        """When grace is over and mail is refused."""
        return self.ends_at + self.grace

    @property
    def purges_at(self) -> datetime:
        """From when the mailbox may be deleted."""
        return self.closes_at + self.retention

    def state_at(self, now: datetime) -> State:
        if self.purged:
            return State.PURGED
        if now >= self.ends_at:
            return State.CLOSED if now >= self.closes_at else State.ENDED
        if now < self.starts_at:
            return State.SCHEDULED
        return State.SUSPENDED if self.suspended else State.ACTIVE

    def changes_at(self, now: datetime) -> datetime | None:
        """Return the next moment at which the state changes by itself; None once only purging is left."""
        if self.purged:
            return None
        return min((at for at in (self.starts_at, self.ends_at, self.closes_at) if at > now), default=None)

    def is_expiring(self, now: datetime) -> bool:
        return self.state_at(now) is State.ACTIVE and self.ends_at - now <= EXPIRING_WITHIN

    def moves_at(self, now: datetime) -> frozenset[Move]:
        """Return what a person can do now; a page shows these and no others."""
        moves = MOVES[self.state_at(now)] - {Move.RELEASE if not self.held else Move.HOLD}
        return moves if now >= self.purges_at and not self.held else moves - {Move.PURGE}

    def require(self, move: Move, now: datetime) -> None:
        """Refuse a move that the state does not allow.

        :raises RuleBroken: with the state, so that the sentence can say what holds instead
        """
        state = self.state_at(now)
        if move not in MOVES[state]:
            raise RuleBroken(f"cannot_{move}_{state}", ends_at=self.ends_at, purges_at=self.purges_at)

    def opened(self, now: datetime) -> Life:
        """Check a new term and return it.

        :raises RuleBroken: if it ends before it starts, in the past, or absurdly late
        """
        _check_end(self.ends_at, starts_at=self.starts_at, now=now)
        return self

    def extended(self, ends_at: datetime, now: datetime) -> Life:
        """Move the end to any future moment, also an earlier one; an ended account opens again.

        A suspension stays: only reinstating lifts what a person decided.
        """
        self.require(Move.EXTEND, now)
        starts_at = min(self.starts_at, now) if self.state_at(now) is not State.SCHEDULED else self.starts_at
        _check_end(ends_at, starts_at=starts_at, now=now)
        return replace(self, starts_at=starts_at, ends_at=ends_at)

    def later_by(self, days: int, now: datetime, zone: ZoneInfo) -> datetime:
        """Return the end that "+7 days" means: counted from the later of now and the end, at the same time of day."""
        if not 1 <= days <= LONGEST_TERM.days:
            raise RuleBroken("days_out_of_range", field="days", longest=LONGEST_TERM.days)
        return days_later(max(now, self.ends_at), days, zone)

    def suspended_by_hand(self, now: datetime) -> Life:
        self.require(Move.SUSPEND, now)
        return replace(self, suspended=True)

    def reinstated(self, now: datetime, ends_at: datetime | None = None) -> Life:
        """Lift a suspension, or open an ended account again, which needs a new end."""
        self.require(Move.REINSTATE, now)
        life = replace(self, suspended=False)
        if ends_at is not None:
            return life.extended(ends_at, now)
        if now >= self.ends_at:
            raise RuleBroken("reinstate_needs_end", field="ends_at", ends_at=self.ends_at)
        return life

    def ended(self, now: datetime) -> Life:
        """End now. A scheduled account keeps its start: it says when the person was to begin."""
        self.require(Move.END, now)
        return replace(self, ends_at=now)

    def given_up(self, now: datetime) -> Life:
        """Give the mailbox up for good: only from closed, with the retention over and no hold."""
        if self.purged or self.state_at(now) is not State.CLOSED or now < self.purges_at:
            code = "already_purged" if self.purged else "purge_too_early"
            raise RuleBroken(code, purges_at=self.purges_at)
        if self.held:
            raise RuleBroken("purge_on_hold")
        return replace(self, purged=True)


def _check_end(ends_at: datetime, *, starts_at: datetime, now: datetime) -> None:
    if ends_at <= now:
        raise RuleBroken("end_in_the_past", field="ends_at", ends_at=ends_at)
    if ends_at <= starts_at:
        raise RuleBroken("end_before_start", field="ends_at", starts_at=starts_at)
    if ends_at - max(starts_at, now) > LONGEST_TERM:
        raise RuleBroken("term_too_long", field="ends_at", longest=LONGEST_TERM.days)
