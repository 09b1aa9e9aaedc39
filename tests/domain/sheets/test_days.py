"""Days as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets.days import Order, Reading, chosen, read_day

END = date(2026, 12, 18)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-18",
        "2026/12/18",
        "20261218",
        "18/12/2026",
        "18-12-26",
        "18.12.2026",
        "12/18/2026",
        "18 Dec 2026",
        "18 Desember 2026",
        "18de Des. 2026",
        "Friday 18 December 2026",
        "Vrydag, 18 Desember 2026",
        "Dec 18, 2026",
        "December 18th 2026",
        "18Dec2026",
        "2026-12-18T00:00:00",
        "18/12/2026 23:59",
        "46374",
        " 18\u00a0Dec 2026 ",
    ],
)
def test_many_ways_lead_to_one_day(text: str) -> None:
    assert read_day(text, field="ends_at") == Reading(END)


@pytest.mark.parametrize("text", ["03/04/2027", "3-4-27", "03.04.2027"])
def test_a_doubtful_day_is_the_companys_way_and_the_other(text: str) -> None:
    reading = read_day(text, field="ends_at")

    assert reading == Reading(date(2027, 4, 3), date(2027, 3, 4))
    assert chosen(reading, Order.DAY_FIRST, field="ends_at", text=text) == date(2027, 4, 3)
    assert chosen(reading, Order.MONTH_FIRST, field="ends_at", text=text) == date(2027, 3, 4)
    with pytest.raises(RuleBroken, match="doubtful_day"):
        chosen(reading, None, field="ends_at", text=text)


def test_a_day_that_is_the_same_either_way_is_not_doubtful() -> None:
    assert read_day("03/03/2027", field="ends_at") == Reading(date(2027, 3, 3))


@pytest.mark.parametrize(
    "text",
    ["", "soon", "31/02/2026", "2026-13-01", "18 Dec", "18 Foo 2026", "00/00/2026", "1"],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken, match="not_a_day"):
        read_day(text, field="ends_at")


def test_another_century_is_refused() -> None:
    with pytest.raises(RuleBroken, match="date_out_of_range"):
        read_day("18/12/1926", field="ends_at")


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2199, 12, 31)))
def test_iso_and_words_are_never_doubtful(day: date) -> None:
    assert read_day(day.isoformat(), field="ends_at") == Reading(day)
    assert read_day(f"{day.day} {day:%B} {day.year}", field="ends_at") == Reading(day)


@given(st.text(max_size=30))
def test_no_text_is_a_stack_trace(text: str) -> None:
    try:
        reading = read_day(text, field="ends_at")
    except RuleBroken:
        return
    assert reading.day.year >= 2000
