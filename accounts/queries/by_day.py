"""How many accounts something happens to on each of some days, counted by the database.

It is given the company's days as bounds: what a day is, only its calendar knows, and to bring every moment here to
find out would take longer than the rest of a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import or_

from django.db.models import Case, Count, IntegerField, Q, Value, When

from accounts.domain.dates import day_start, last_day
from accounts.models import AccountQuerySet
from accounts.queries import words

_DAY = timedelta(days=1)
_END = "ends_at"
"""Exclusive, so it belongs to the day before midnight; every other moment to the day that begins with it."""


def numbers(found: AccountQuerySet, field: str, days: Sequence[date]) -> Counter[date]:
    """Count by day; `days` follow on each other."""
    inside = found.filter(_between(field, days[0], days[-1])).order_by()
    counted = inside.values_list(_place(field, days, 0, len(days) - 1)).annotate(Count("pk"))
    return Counter({days[place]: number for place, number in counted})


def ids(found: AccountQuerySet, field: str, days: Iterable[date]) -> dict[date, list[int]]:
    """Return to whom it happens on these days, in order."""
    conditions = [_between(field, day, day) for day in days]
    if not conditions:
        return {}
    zone, by_day = words.zone(), dict[date, list[int]]()
    for pk, at in found.filter(reduce(or_, conditions)).order_by(field, "pk").values_list("pk", field):
        day = last_day(at, zone) if field == _END else words.local_day(at)
        by_day.setdefault(day, []).append(pk)
    return by_day


def _place(field: str, days: Sequence[date], first: int, last: int) -> Case | Value:
    """Let the database find the place of a moment among these days, by halves: it does so for every account."""
    if first == last:
        return Value(first, output_field=IntegerField())
    middle = (first + last) // 2
    return Case(
        When(_upto(field, days[middle]), then=_place(field, days, first, middle)),
        default=_place(field, days, middle + 1, last),
    )


def _between(field: str, first: date, last: date) -> Q:
    since = day_start(first, words.zone())
    return Q(**{f"{field}__gt" if field == _END else f"{field}__gte": since}) & _upto(field, last)


def _upto(field: str, day: date) -> Q:
    until = day_start(day + _DAY, words.zone())
    return Q(**{f"{field}__lte" if field == _END else f"{field}__lt": until})
