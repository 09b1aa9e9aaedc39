from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.domain.campaigns import Dates, Stage, first_term, following, still_follows
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Life, State

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ZONE = ZoneInfo("Africa/Johannesburg")
CAMPAIGN = Dates(NOW + DAY, NOW + 30 * DAY)


def _life(starts: float = -10, ends: float = 30, *, suspended: bool = False) -> Life:
    return Life(
        starts_at=NOW + starts * DAY,
        ends_at=NOW + ends * DAY,
        grace=14 * DAY,
        retention=90 * DAY,
        suspended=suspended,
    )


@pytest.mark.parametrize(
    ("dates", "stage"),
    [
        pytest.param(Dates(), Stage.RUNNING, id="no dates"),
        pytest.param(Dates(NOW, NOW + DAY), Stage.RUNNING, id="the first moment"),
        pytest.param(Dates(NOW + DAY, None), Stage.AHEAD, id="begins tomorrow"),
        pytest.param(Dates(NOW - DAY, NOW), Stage.OVER, id="the end is exclusive"),
    ],
)
def test_where_a_campaign_stands(dates: Dates, stage: Stage) -> None:
    assert dates.stage_at(NOW) is stage


@pytest.mark.parametrize(
    ("dates", "before", "code"),
    [
        pytest.param(Dates(NOW + 2 * DAY, NOW + DAY), None, "end_before_start", id="turned round"),
        pytest.param(Dates(None, NOW), None, "campaign_end_in_the_past", id="over already"),
        pytest.param(Dates(None, NOW - DAY), CAMPAIGN, "campaign_end_in_the_past", id="moved into the past"),
        pytest.param(Dates(None, NOW + 2000 * DAY), None, "term_too_long", id="absurdly late"),
    ],
)
def test_dates_that_make_no_sense_are_refused(dates: Dates, before: Dates | None, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        dates.agreed(NOW, before)

    assert (refused.value.code, refused.value.field) == (code, "ends_at")


def test_a_campaign_that_is_over_can_be_edited() -> None:
    over = Dates(NOW - 9 * DAY, NOW - DAY)

    assert over.agreed(NOW, over) == over


@pytest.mark.parametrize(
    ("dates", "cut"),
    [
        pytest.param(Dates(NOW - DAY, NOW + DAY), Dates(NOW - DAY, NOW), id="runs"),
        pytest.param(Dates(), Dates(None, NOW), id="no dates"),
        pytest.param(Dates(NOW + DAY, NOW + 2 * DAY), Dates(None, NOW), id="never began"),
        pytest.param(Dates(None, NOW - DAY), Dates(None, NOW - DAY), id="over"),
    ],
)
def test_ending_a_campaign_cuts_its_dates(dates: Dates, cut: Dates) -> None:
    assert dates.cut(NOW) == cut


@pytest.mark.parametrize(
    ("starts", "ends", "dates", "usual", "term"),
    [
        pytest.param(None, None, CAMPAIGN, None, (1, 30), id="the campaign's"),
        pytest.param(None, None, Dates(NOW - DAY, NOW + DAY), None, (0, 1), id="a campaign that runs"),
        pytest.param(3, 9, CAMPAIGN, None, (3, 9), id="its own"),
        pytest.param(3, None, CAMPAIGN, None, (3, 30), id="its own first day"),
        pytest.param(None, None, CAMPAIGN, 14, (1, 30), id="the campaign goes before what is usual"),
    ],
)
def test_a_new_account_gets_its_term(
    starts: int | None, ends: int | None, dates: Dates, usual: int | None, term: tuple[int, int]
) -> None:
    def moment(days: int | None) -> datetime | None:
        return None if days is None else NOW + days * DAY

    found = first_term(moment(starts), moment(ends), dates, usual, ZONE, NOW)

    assert found == (moment(term[0]), moment(term[1]))


def test_it_lasts_as_many_whole_days_as_is_usual() -> None:
    start, end = first_term(None, None, Dates(), 14, ZONE, NOW)

    assert start == NOW
    assert end == datetime(2026, 12, 8, tzinfo=ZONE)  # from Tue 24 Nov to Mon 7 Dec, both days counted


def test_somebody_has_to_say_when_it_ends() -> None:
    with pytest.raises(RuleBroken, match="end_needed"):
        first_term(None, None, Dates(), None, ZONE, NOW)


@pytest.mark.parametrize(
    ("life", "after", "term", "state"),
    [
        pytest.param(_life(), Dates(None, NOW + 40 * DAY), (-10, 40), State.ACTIVE, id="later"),
        pytest.param(_life(), Dates(None, NOW + 5 * DAY), (-10, 5), State.ACTIVE, id="earlier"),
        pytest.param(_life(), Dates(NOW + 3 * DAY, NOW + 9 * DAY), (-10, 9), State.ACTIVE, id="open stays open"),
        pytest.param(_life(1), Dates(NOW + 3 * DAY, NOW + 9 * DAY), (3, 9), State.SCHEDULED, id="begins with it"),
        pytest.param(_life(2), Dates(NOW + 3 * DAY, NOW + 9 * DAY), (2, 9), State.SCHEDULED, id="its own first day"),
        pytest.param(_life(1), Dates(NOW - DAY, NOW + 9 * DAY), (-1, 9), State.ACTIVE, id="begun by now"),
        pytest.param(_life(-20, -1), Dates(None, NOW + 9 * DAY), (-20, 9), State.ACTIVE, id="opens again"),
        pytest.param(
            _life(suspended=True), Dates(None, NOW + 9 * DAY), (-10, 9), State.SUSPENDED, id="stays suspended"
        ),
    ],
)
def test_an_account_follows(life: Life, after: Dates, term: tuple[int, int], state: State) -> None:
    moved = following(life, CAMPAIGN, after, NOW)

    assert (moved.starts_at, moved.ends_at) == (NOW + term[0] * DAY, NOW + term[1] * DAY)
    assert moved.state_at(NOW) is state


@pytest.mark.parametrize(
    ("life", "after", "code"),
    [
        pytest.param(_life(), Dates(NOW, None), "campaign_has_no_end", id="no last day"),
        pytest.param(_life(20), Dates(None, NOW + 9 * DAY), "end_before_start", id="it begins later than that"),
    ],
)
def test_some_cannot_follow(life: Life, after: Dates, code: str) -> None:
    with pytest.raises(RuleBroken, match=code):
        following(life, CAMPAIGN, after, NOW)


@pytest.mark.parametrize(
    ("ends", "dates", "followed", "follows"),
    [
        pytest.param(30, CAMPAIGN, True, True, id="nothing moved"),
        pytest.param(37, CAMPAIGN, True, False, id="a day of its own"),
        pytest.param(0, CAMPAIGN, True, False, id="ended early by a person"),
        pytest.param(0, Dates(None, NOW), True, True, id="ended with the campaign"),
        pytest.param(0, Dates(None, NOW - DAY), False, False, id="never followed"),
    ],
)
def test_who_follows_after_a_change(ends: int, dates: Dates, followed: bool, follows: bool) -> None:
    assert still_follows(_life(), _life(ends=ends), dates, NOW, followed=followed) is follows


def test_the_campaigns_own_last_day_is_no_other() -> None:
    assert still_follows(_life(ends=9), _life(ends=30), CAMPAIGN, NOW, followed=False)
