from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.dates import days_later, end_of, last_day, moment
from accounts.domain.errors import RuleBroken

HOME = ZoneInfo("Africa/Johannesburg")
ZONES = st.sampled_from(
    ["Africa/Johannesburg", "Africa/Cairo", "America/Santiago", "Asia/Beirut", "Pacific/Apia", "UTC"]
)


def test_a_last_day_ends_at_the_midnight_after_it() -> None:
    assert end_of(date(2026, 12, 18), HOME) == datetime(2026, 12, 18, 22, tzinfo=UTC)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2199, 1, 1)), ZONES.map(ZoneInfo))
def test_the_last_day_comes_back_as_it_was_typed(day: date, zone: ZoneInfo) -> None:
    # Samoa skipped this day: nothing can end after it.
    if not (zone.key == "Pacific/Apia" and day == date(2011, 12, 30)):
        assert last_day(end_of(day, zone), zone) == day


@given(
    st.dates(min_value=date(2012, 1, 1), max_value=date(2190, 1, 1)),
    st.integers(min_value=1, max_value=1830),
    ZONES.map(ZoneInfo),
)
def test_days_more_move_the_last_day_by_as_many(day: date, days: int, zone: ZoneInfo) -> None:
    assert last_day(days_later(end_of(day, zone), days, zone), zone) == day + timedelta(days=days)


def test_days_more_keep_the_time_of_day_when_the_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")

    assert days_later(datetime(2027, 3, 26, 16, tzinfo=UTC), 7, berlin) == datetime(2027, 4, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "inclusive", "expected"),
    [
        pytest.param("2026-12-18", True, datetime(2026, 12, 18, 22, tzinfo=UTC), id="a date as a last day"),
        pytest.param("2026-12-18", False, datetime(2026, 12, 17, 22, tzinfo=UTC), id="a date as a first day"),
        pytest.param("2026-12-18T12:00:00Z", True, datetime(2026, 12, 18, 12, tzinfo=UTC), id="a moment in UTC"),
        pytest.param("2026-12-18T12:00", True, datetime(2026, 12, 18, 10, tzinfo=UTC), id="local without an offset"),
        pytest.param("2026-12-18T12:00:00+05:30", True, datetime(2026, 12, 18, 6, 30, tzinfo=UTC), id="an offset"),
    ],
)
def test_it_reads_iso_8601(text: str, inclusive: bool, expected: datetime) -> None:
    assert moment(text, HOME, field="ends_at", inclusive=inclusive) == expected


@pytest.mark.parametrize("text", ["", "soon", "18/12/2026", "2026-13-01", "9999-12-31", "0001-01-01", "1999-12-31"])
def test_it_refuses_what_is_no_date_of_ours(text: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        moment(text, HOME, field="ends_at", inclusive=True)

    assert refused.value.field == "ends_at"


@given(st.text(max_size=40))
def test_reading_never_fails_in_an_unnamed_way(text: str) -> None:
    try:
        read = moment(text, HOME, field="ends_at")
    except RuleBroken:
        return
    assert read.tzinfo is UTC
