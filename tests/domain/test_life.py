"""The life of an account, without a database: states follow from dates, moves from states."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import MOVES, Life, Move, State

DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)
LIFE = Life(starts_at=START, ends_at=START + 30 * DAY, grace=14 * DAY, retention=90 * DAY)

MOMENTS = {
    State.SCHEDULED: START - DAY,
    State.ACTIVE: START + DAY,
    State.ENDED: LIFE.ends_at + DAY,
    State.CLOSED: LIFE.closes_at + DAY,
}
INSTANT = timedelta(microseconds=1)
ZONE = ZoneInfo("Africa/Johannesburg")


@pytest.mark.parametrize(
    ("at", "state"),
    [
        pytest.param(START - INSTANT, State.SCHEDULED, id="just before the start"),
        pytest.param(START, State.ACTIVE, id="the start is inclusive"),
        pytest.param(LIFE.ends_at - INSTANT, State.ACTIVE, id="the last instant is open"),
        pytest.param(LIFE.ends_at, State.ENDED, id="the end is exclusive"),
        pytest.param(LIFE.closes_at - INSTANT, State.ENDED, id="the last instant of grace"),
        pytest.param(LIFE.closes_at, State.CLOSED, id="grace is over"),
        pytest.param(LIFE.purges_at + 1000 * DAY, State.CLOSED, id="nothing purges by looking"),
    ],
)
def test_the_state_follows_from_the_clock(at: datetime, state: State) -> None:
    assert LIFE.state_at(at) is state


def test_a_suspension_shows_only_while_the_term_runs() -> None:
    suspended = replace(LIFE, suspended=True)

    assert suspended.state_at(START - DAY) is State.SCHEDULED
    assert suspended.state_at(START) is State.SUSPENDED
    assert suspended.state_at(LIFE.ends_at) is State.ENDED


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (START - DAY, START),
        (START, LIFE.ends_at),
        (LIFE.ends_at, LIFE.closes_at),
        (LIFE.closes_at, None),
    ],
)
def test_the_next_change_is_the_next_bound(now: datetime, expected: datetime | None) -> None:
    assert LIFE.changes_at(now) == expected


def _in_state(state: State) -> tuple[Life, datetime]:
    if state is State.SUSPENDED:
        return replace(LIFE, suspended=True), MOMENTS[State.ACTIVE]
    if state is State.PURGED:
        return replace(LIFE, purged=True), LIFE.purges_at
    return LIFE, MOMENTS[state]


def _make(move: Move, life: Life, now: datetime) -> Life | None:
    later = now + 30 * DAY
    made = {
        Move.EXTEND: lambda: life.extended(max(later, life.starts_at + DAY), now),
        Move.SUSPEND: lambda: life.suspended_by_hand(now),
        Move.REINSTATE: lambda: life.reinstated(now, later),
        Move.END: lambda: life.ended(now),
        Move.PURGE: lambda: life.given_up(now),
    }
    if move in made:
        return made[move]()
    life.require(move, now)
    return None


AFTER = {
    (State.SCHEDULED, Move.EXTEND): State.SCHEDULED,
    (State.SCHEDULED, Move.END): State.ENDED,
    (State.ACTIVE, Move.EXTEND): State.ACTIVE,
    (State.ACTIVE, Move.SUSPEND): State.SUSPENDED,
    (State.ACTIVE, Move.END): State.ENDED,
    (State.SUSPENDED, Move.EXTEND): State.SUSPENDED,
    (State.SUSPENDED, Move.REINSTATE): State.ACTIVE,
    (State.SUSPENDED, Move.END): State.ENDED,
    (State.ENDED, Move.EXTEND): State.ACTIVE,
    (State.ENDED, Move.REINSTATE): State.ACTIVE,
    (State.CLOSED, Move.EXTEND): State.ACTIVE,
    (State.CLOSED, Move.REINSTATE): State.ACTIVE,
}
"""Where every permitted move leads; closed to purged has tests of its own."""


@pytest.mark.parametrize("move", [m for m in Move if m is not Move.PURGE])
@pytest.mark.parametrize("state", list(State))
def test_every_move_in_every_state(state: State, move: Move) -> None:
    life, now = _in_state(state)

    if move not in MOVES[state]:
        with pytest.raises(RuleBroken, match=f"cannot_{move}_{state}"):
            _make(move, life, now)
        return
    after = _make(move, life, now)
    assert after is None or after.state_at(now) is AFTER[state, move]


@pytest.mark.parametrize("state", [s for s in State if s not in {State.CLOSED, State.PURGED}])
def test_purging_never_comes_first(state: State) -> None:
    life, now = _in_state(state)

    with pytest.raises(RuleBroken, match="purge_too_early") as refused:
        life.given_up(now)

    assert refused.value.values["purges_at"] == life.purges_at


def test_purging_waits_for_the_retention() -> None:
    with pytest.raises(RuleBroken, match="purge_too_early"):
        LIFE.given_up(LIFE.purges_at - INSTANT)

    assert LIFE.given_up(LIFE.purges_at).state_at(LIFE.purges_at) is State.PURGED


def test_a_hold_stops_the_last_arrow() -> None:
    with pytest.raises(RuleBroken, match="purge_on_hold"):
        replace(LIFE, held=True).given_up(LIFE.purges_at)


def test_nothing_is_purged_twice() -> None:
    with pytest.raises(RuleBroken, match="already_purged"):
        replace(LIFE, purged=True).given_up(LIFE.purges_at)


def test_extending_an_ended_account_that_a_person_suspended_leaves_it_suspended() -> None:
    now = LIFE.ends_at + DAY

    life = replace(LIFE, suspended=True).extended(now + 7 * DAY, now)

    assert life.state_at(now) is State.SUSPENDED
    assert life.reinstated(now).state_at(now) is State.ACTIVE


def test_reinstating_after_the_end_needs_a_new_end() -> None:
    with pytest.raises(RuleBroken, match="reinstate_needs_end") as refused:
        LIFE.reinstated(LIFE.ends_at)

    assert refused.value.field == "ends_at"


def test_extending_can_also_shorten() -> None:
    now = START + DAY

    assert LIFE.extended(now + INSTANT, now).ends_at == now + INSTANT


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(START + DAY, LIFE.ends_at + 7 * DAY, id="from the end while it runs"),
        pytest.param(LIFE.ends_at + DAY, LIFE.ends_at + 8 * DAY, id="from now once it is over"),
    ],
)
def test_seven_days_more_count_from_the_later_of_now_and_the_end(now: datetime, expected: datetime) -> None:
    assert LIFE.later_by(7, now, ZONE) == expected


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_a_senseless_number_of_days_is_refused(days: int) -> None:
    with pytest.raises(RuleBroken, match="days_out_of_range"):
        LIFE.later_by(days, START, ZONE)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "code"),
    [
        pytest.param(START, START, "end_in_the_past", id="ends now"),
        pytest.param(START, START - DAY, "end_in_the_past", id="ends in the past"),
        pytest.param(START + 5 * DAY, START + 2 * DAY, "end_before_start", id="ends before it starts"),
        pytest.param(START, START + 4000 * DAY, "term_too_long", id="ends in a far future"),
    ],
)
def test_a_new_term_must_make_sense(starts_at: datetime, ends_at: datetime, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        replace(LIFE, starts_at=starts_at, ends_at=ends_at).opened(START)


def test_a_scheduled_account_that_is_ended_keeps_its_start() -> None:
    now = START - 3 * DAY

    life = LIFE.ended(now)

    assert (life.state_at(now), life.starts_at) == (State.ENDED, START)


def test_an_ended_account_that_never_started_can_be_extended_before_its_start() -> None:
    cancelled_at = START - 3 * DAY
    now = START - 2 * DAY

    life = LIFE.ended(cancelled_at).extended(START - DAY, now)

    assert life.state_at(now) is State.ACTIVE


@pytest.mark.parametrize(
    ("before_end", "expiring"),
    [(7 * DAY, True), (7 * DAY + INSTANT, False)],
)
def test_expiring_is_active_within_seven_days_of_the_end(before_end: timedelta, expiring: bool) -> None:
    assert LIFE.is_expiring(LIFE.ends_at - before_end) is expiring


def test_pages_offer_only_what_can_be_done() -> None:
    assert Move.PURGE not in LIFE.moves_at(LIFE.closes_at)
    assert Move.PURGE in LIFE.moves_at(LIFE.purges_at)
    assert Move.PURGE not in replace(LIFE, held=True).moves_at(LIFE.purges_at)
    assert Move.RELEASE in replace(LIFE, held=True).moves_at(START)
    assert Move.RELEASE not in LIFE.moves_at(START)
