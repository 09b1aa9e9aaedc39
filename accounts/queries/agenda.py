"""What starts, ends and is purged on the coming days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import day_start, last_day
from accounts.domain.lifecycle import State
from accounts.models import Account
from accounts.queries import accounts, words

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
    Kind("ends", gettext_lazy("Ends"), State.ENDED, "ends_at", ~Q(state=State.PURGED)),
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


def week(first: date | None, now: datetime) -> Week:
    """Return seven days; they begin today, where no other day is asked for."""
    today = words.local_day(now)
    first = first or today
    found = {kind: _by_day(kind, first) for kind in KINDS}
    named = [pk for days in found.values() for ids in days.values() if len(ids) <= _NAMED_AT_MOST for pk in ids]
    people = {row.id: row for row in accounts.rows(named, now)}
    days = [first + timedelta(days=offset) for offset in range(WEEK.days)]
    return Week(
        is_next=first == today,
        words=_("%(first)s to %(last)s")
        % {"first": words.day_words(first, today), "last": words.day_words(days[-1], today)},
        days=[day for day in (_day(day, found, people, today) for day in days) if day.lines or day.is_today],
        sums={kind.name: sum(map(len, by_day.values())) for kind, by_day in found.items()},
        before=first - WEEK,
        after=first + WEEK,
    )


def _by_day(kind: Kind, first: date) -> dict[date, list[int]]:
    """Return who it happens to on each day. An end is exclusive: it belongs to the day before midnight."""
    zone, is_end = words.zone(), kind.field == "ends_at"
    since, until = day_start(first, zone), day_start(first + WEEK, zone)
    bounds = (
        {f"{kind.field}__gt": since, f"{kind.field}__lte": until}
        if is_end
        else {
            f"{kind.field}__gte": since,
            f"{kind.field}__lt": until,
        }
    )
    days: dict[date, list[int]] = {}
    for pk, at in Account.objects.filter(kind.who, **bounds).order_by(kind.field, "pk").values_list("pk", kind.field):
        days.setdefault(last_day(at, zone) if is_end else words.local_day(at), []).append(pk)
    return days


def _day(day: date, found: dict[Kind, dict[date, list[int]]], people: dict[int, accounts.Row], today: date) -> Day:
    happening = [(kind, by_day[day]) for kind, by_day in found.items() if day in by_day]
    lines = [Line(kind, len(ids), [people[pk] for pk in ids if pk in people]) for kind, ids in happening]
    return Day(day, words.short_day(day), words.distance(day, today), day == today, lines)
