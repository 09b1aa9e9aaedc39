"""What starts, ends and is purged on the coming days."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.lifecycle import KEPT_STATES, State
from accounts.models import Account
from accounts.queries import accounts, by_day, words

WEEK = timedelta(days=7)
_NAMED_AT_MOST = 3
"""More mailboxes than this on one day are a number and a link."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that happens: to whom, when, and whose mark stands for it."""

    name: str
    words: Promise
    mark: State
    field: str
    who: Q


KINDS = (
    Kind("starts", gettext_lazy("Starts"), State.ACTIVE, "starts_at", Q(state=State.SCHEDULED)),
    Kind("ends", gettext_lazy("Ends"), State.ENDED, "ends_at", Q(state__in=KEPT_STATES)),
    Kind(
        "purges",
        gettext_lazy("Purge"),
        State.PURGED,
        "purges_at",
        Q(state__in=[State.ENDED, State.CLOSED], held_at=None),
    ),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What happens on a day: some mailboxes by name, or their number."""

    kind: Kind
    count: int
    people: list[accounts.Row]


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    words: str
    distance: str
    is_today: bool
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Week:
    is_next: bool
    """These are the days from today on."""
    words: str
    days: list[Day]
    sums: dict[str, int]
    before: date
    after: date


@dataclass(frozen=True, slots=True)
class _Happening:
    """To how many a kind of thing happens on each day, and to whom where they are few."""

    numbers: Counter[date]
    named: dict[date, list[int]]


def week(first: date | None, now: datetime) -> Week:
    """Return seven days; they begin today, where no other day is asked for."""
    today = words.local_day(now)
    first = first or today
    days = [first + timedelta(days=offset) for offset in range(WEEK.days)]
    found = {kind: _happening(kind, days) for kind in KINDS}
    named = [pk for happening in found.values() for ids in happening.named.values() for pk in ids]
    people = {row.id: row for row in accounts.rows(named, now)}
    return Week(
        is_next=first == today,
        words=_("%(first)s to %(last)s")
        % {"first": words.day_words(first, today), "last": words.day_words(days[-1], today)},
        days=[day for day in (_day(day, found, people, today) for day in days) if day.lines or day.is_today],
        sums={kind.name: happening.numbers.total() for kind, happening in found.items()},
        before=first - WEEK,
        after=first + WEEK,
    )


def _happening(kind: Kind, days: list[date]) -> _Happening:
    found = Account.objects.filter(kind.who)
    numbers = by_day.numbers(found, kind.field, days)
    few = [day for day, number in numbers.items() if number <= _NAMED_AT_MOST]
    return _Happening(numbers, by_day.ids(found, kind.field, few))


def _day(day: date, found: dict[Kind, _Happening], people: dict[int, accounts.Row], today: date) -> Day:
    lines = [
        Line(kind, number, [people[pk] for pk in happening.named.get(day, ()) if pk in people])
        for kind, happening in found.items()
        if (number := happening.numbers[day])
    ]
    return Day(day, words.short_day(day), words.distance(day, today), day == today, lines)
