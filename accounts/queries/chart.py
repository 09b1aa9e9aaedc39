"""How many mailboxes end on each day of the coming weeks, laid out for a drawing without script."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from accounts.domain.lifecycle import KEPT_STATES
from accounts.models import Account
from accounts.queries import by_day, words

WEEKS = 6
_TOP, _BASE = 32, 144
"""Where the tallest bar begins and all bars stand, in pixels."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One day. Places are per cent of the width, written as SVG wants them in every language."""

    words: str
    count: int
    x: str
    middle: str
    y: str
    height: str
    is_past: bool
    is_labelled: bool
    """The busiest day of its week; more numbers would stand on each other."""


@dataclass(frozen=True, slots=True)
class Week:
    words: str
    x: str
    count: int
    busiest: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    weeks: list[Week]
    today_x: str
    today_middle: str
    day_width: str
    bar_width: str
    total: int
    said: str


def chart(now: datetime) -> Chart:
    """Count ends by day, from Monday on."""
    today = words.local_day(now)
    monday = today - timedelta(days=today.weekday())
    days = [monday + timedelta(days=offset) for offset in range(7 * WEEKS)]
    ends = by_day.numbers(Account.objects.filter(state__in=KEPT_STATES), "ends_at", days)
    return Chart(
        bars=[_bar(days, position, ends, today) for position, day in enumerate(days) if ends[day]],
        weeks=[_week(days, start, ends, today) for start in range(0, len(days), 7)],
        today_x=_place(days, days.index(today)),
        today_middle=_place(days, days.index(today) + 0.5),
        day_width=_place(days, 1),
        bar_width=_place(days, 0.68),
        total=sum(ends.values()),
        said=_said(days, ends, today),
    )


def _bar(days: list[date], position: int, ends: Counter[date], today: date) -> Bar:
    day, tallest = days[position], max(*ends.values(), 4)
    of_week = days[position - position % 7 :][:7]
    height = (_BASE - _TOP) * ends[day] / tallest
    return Bar(
        words=words.day_words(day, today),
        count=ends[day],
        x=_place(days, position + 0.16),
        middle=_place(days, position + 0.5),
        y=f"{_BASE - height:.1f}",
        height=f"{height:.1f}",
        is_past=day < today,
        is_labelled=ends[day] > 1 and day == max(of_week, key=lambda other: ends[other]),
    )


def _week(days: list[date], start: int, ends: Counter[date], today: date) -> Week:
    of_week = days[start : start + 7]
    busiest = max(of_week, key=lambda day: ends[day])
    said = _("%(day)s, %(n)s") % {"day": words.day_words(busiest, today), "n": ends[busiest]}
    return Week(
        words=words.day_of_month(of_week[0]),
        x=_place(days, start),
        count=sum(ends[day] for day in of_week),
        busiest=said if ends[busiest] else _("none"),
    )


def _place(days: list[date], position: float) -> str:
    return f"{100 * position / len(days):.3f}%"


def _said(days: list[date], ends: Counter[date], today: date) -> str:
    busiest = max(days, key=lambda day: ends[day])
    if not ends[busiest]:
        return _("No mailbox ends in these weeks.")
    return _("Ends per day from %(first)s to %(last)s. The most, %(n)s, on %(busiest)s.") % {
        "first": words.day_words(days[0], today),
        "last": words.day_words(days[-1], today),
        "n": ends[busiest],
        "busiest": words.day_words(busiest, today),
    }
