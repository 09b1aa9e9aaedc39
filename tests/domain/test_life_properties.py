"""Whatever people and the clock do to an account, the promises hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import LOCKED_STATES, Life, Move, State

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = st.integers(min_value=-40, max_value=400)


class AnyLife(RuleBasedStateMachine):
    """An account in the hands of people who press every button at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.suspended_by_hand = False
        self.life = Life(
            starts_at=START + timedelta(days=3),
            ends_at=START + timedelta(days=30),
            grace=timedelta(days=14),
            retention=timedelta(days=90),
        )

    @rule(hours=st.integers(min_value=0, max_value=24 * 60))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(days=DAYS)
    def extend(self, days: int) -> None:
        self._try(lambda: self.life.extended(self.now + timedelta(days=days), self.now))

    @rule()
    def suspend(self) -> None:
        if self._try(lambda: self.life.suspended_by_hand(self.now)):
            self.suspended_by_hand = True

    @rule(days=st.none() | DAYS)
    def reinstate(self, days: int | None) -> None:
        ends_at = None if days is None else self.now + timedelta(days=days)
        if self._try(lambda: self.life.reinstated(self.now, ends_at)):
            self.suspended_by_hand = False

    @rule()
    def end(self) -> None:
        if self._try(lambda: self.life.ended(self.now)):
            assert self.life.state_at(self.now) in {State.ENDED, State.CLOSED}

    @precondition(lambda self: not self.life.purged)
    @rule()
    def purge(self) -> None:
        was = self.life.state_at(self.now)
        if self._try(lambda: self.life.given_up(self.now)):
            assert was is State.CLOSED
            assert self.now >= self.life.purges_at

    @invariant()
    def over_is_over(self) -> None:
        if self.now >= self.life.ends_at and not self.life.purged:
            assert self.life.state_at(self.now) in LOCKED_STATES

    @invariant()
    def a_suspension_is_lifted_by_reinstating_only(self) -> None:
        if self.suspended_by_hand:
            assert self.life.state_at(self.now) is not State.ACTIVE

    @invariant()
    def the_bounds_stay_in_order(self) -> None:
        assert self.life.ends_at <= self.life.closes_at <= self.life.purges_at

    @invariant()
    def what_is_offered_works(self) -> None:
        offered = self.life.moves_at(self.now)
        assert (Move.SUSPEND in offered) == (self.life.state_at(self.now) is State.ACTIVE)
        assert not offered if self.life.purged else Move.EXTEND in offered

    @invariant()
    def the_next_change_lies_ahead(self) -> None:
        changes_at = self.life.changes_at(self.now)
        assert changes_at is None or changes_at > self.now

    def _try(self, move: object) -> bool:
        try:
            self.life = move()  # type: ignore[operator]
        except RuleBroken:
            return False
        return True


TestAnyLife = AnyLife.TestCase
