"""The list of accounts: what can be asked of it, its saved views, and its rows as the page shows them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from django.core.cache import cache
from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.dates import day_start, end_of, last_day
from accounts.domain.lifecycle import EXPIRING_WITHIN, KEPT_STATES, LOCKED_STATES, State
from accounts.domain.reach import current_reach
from accounts.models import (
    Account,
    AccountQuerySet,
    Alias,
    Campaign,
    MailDomain,
    Operation,
    Profile,
    Status,
    searchtext,
)
from accounts.queries import paging, words

SIZES = (25, 50, 100)
CURRENT = (State.SCHEDULED, State.ACTIVE, State.SUSPENDED, State.ENDED)
"""What somebody may still have to do something about: the list opens with these."""

_MANY = 500
"""From so many matches on, a search goes along the order of the list instead of collecting them first."""
_VERY_MANY, _KEPT = 20_000, 10
_SHOWN = (
    *("address", "name", "owner", "purpose", "state", "starts_at", "ends_at", "grace_days", "retention_days"),
    *("suspended_at", "held_at", "purged_at", "mailbox_exists", "mailbox_locked", "follows_campaign"),
    "campaign__name",
)
"""What a row is made of; to read all else would take longer than to find it."""
_EARLY = datetime(2000, 1, 1, tzinfo=UTC)


class Look(StrEnum):
    """A narrower look at the accounts, beside their state."""

    ENDING = "ending"
    UNPROVEN = "unproven"
    FAILED = "failed"


class Sort(StrEnum):
    END = "end"
    NAME = "name"
    ADDRESS = "address"
    STATE = "state"


_FIELDS: dict[Sort, tuple[str, ...]] = {
    Sort.END: ("ends_at", "pk"),
    Sort.NAME: ("name", "pk"),
    Sort.ADDRESS: ("address", "pk"),
    Sort.STATE: ("state", "ends_at", "pk"),
}
_EXAMPLES: dict[Sort, paging.Key] = {
    Sort.END: (_EARLY, 0),
    Sort.NAME: ("", 0),
    Sort.ADDRESS: ("", 0),
    Sort.STATE: ("", _EARLY, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the list is asked for. Empty `states` are all of them."""

    text: str = ""
    states: tuple[State, ...] = ()
    domain: str = ""
    campaign: str = ""
    looks: tuple[Look, ...] = ()
    ends_on: date | None = None
    sort: Sort = Sort.END
    descending: bool = False
    size: int = 50

    @property
    def states_said(self) -> str:
        """Which states are let through, in a word or two."""
        if len(self.states) > 2:
            return _("%(n)s of %(all)s") % {"n": len(self.states), "all": len(State)}
        return ", ".join(str(words.STATES[state]) for state in self.states)

    @property
    def order(self) -> paging.Order:
        return paging.Order(_FIELDS[self.sort], self.descending)

    def cursor(self, after: str, before: str) -> paging.Cursor | None:
        text, backwards = (before, True) if before else (after, False)
        return paging.Cursor.read(text, _EXAMPLES[self.sort], backwards=backwards) if text else None


@dataclass(frozen=True, slots=True)
class View:
    """A saved view: a name and what it asks for."""

    slug: str
    label: Promise
    states: tuple[State, ...] = ()
    looks: tuple[Look, ...] = ()


VIEWS = (
    View("current", gettext_lazy("Current"), CURRENT),
    View("ending", gettext_lazy("Ends in 7 days"), (), (Look.ENDING,)),
    View("unproven", gettext_lazy("Lock not confirmed"), (), (Look.UNPROVEN,)),
    View("failed", gettext_lazy("Change failed"), (), (Look.FAILED,)),
    View("closed", gettext_lazy("Closed"), (State.CLOSED,)),
    View("purged", gettext_lazy("Purged"), (State.PURGED,)),
    View("all", gettext_lazy("All")),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many accounts there are, by state and by what wants a look."""

    states: dict[State, int]
    looks: dict[Look, int]

    @property
    def all(self) -> int:
        return sum(self.states.values())

    @property
    def on_server(self) -> int:
        return self.all - self.states[State.PURGED]

    @property
    def purged(self) -> int:
        return self.states[State.PURGED]

    def of(self, view: View) -> int:
        if view.looks:
            return self.looks[view.looks[0]]
        return sum(self.states[state] for state in view.states or State)


@dataclass(frozen=True, slots=True)
class Row:
    """One account in a list, in words."""

    id: int
    name: str
    local: str
    domain: str
    state: State
    state_words: str
    mark: str
    """The state, or "look" where the mail server has not confirmed it."""
    doubt: str
    """What it has not confirmed, in words."""
    has_failed: bool
    is_held: bool
    last_day: date
    last_day_words: str
    distance: str
    is_near: bool
    campaign: str
    goes_by_campaign: bool
    purpose: str
    owner: str


def counts(now: datetime) -> Counts:
    """Count all accounts by their state, and those that want a look."""
    return Counts(
        states=_states(),
        looks={
            Look.ENDING: ending(now).count(),
            Look.UNPROVEN: Account.objects.lock_unproven_numbers().count(),
            Look.FAILED: len(_failed()),
        },
    )


def _states() -> dict[State, int]:
    """Count by state, each number from an index: the purged, by far the most, are what is left of the whole.

    Of very many, the numbers are kept for some seconds: nobody sees one more or less, and every page asks for them.
    """
    key = f"accounts-by-state:{current_reach().key}"
    if kept := cache.get(key):
        return dict(kept)
    found = dict(Account.objects.filter(state__in=KEPT_STATES).order_by().values_list("state").annotate(Count("pk")))
    found[State.PURGED] = Account.objects.count() - sum(found.values())
    counted = {state: found.get(state, 0) for state in State}
    if sum(counted.values()) > _VERY_MANY:
        cache.set(key, counted, _KEPT)
    return counted


def ending(now: datetime) -> AccountQuerySet:
    """Active accounts whose last day is near."""
    return Account.objects.filter(state=State.ACTIVE, ends_at__gt=now, ends_at__lte=now + EXPIRING_WITHIN)


def failed_operations() -> QuerySet[Operation]:
    """Changes of mailboxes that only a person can get going again."""
    return Operation.objects.filter(status=Status.FAILED, account__isnull=False)


def _failed() -> set[int]:
    """Return the accounts of which a change failed; told apart here, as the database would read every change for it."""
    return {number for number in failed_operations().order_by().values_list("account_id", flat=True) if number}


def find(filters: Filters, cursor: paging.Cursor | None, now: datetime) -> paging.Page[Row]:
    """Return one page of the list."""
    return paging.paged(
        _parts(filters, now), filters.order, cursor, filters.size, lambda keys: rows([key[-1] for key in keys], now)
    )


def ids(filters: Filters, now: datetime, most: int) -> list[int]:
    """Return the accounts that the filters let through, in the order of the list; at most `most` and one more."""
    keys, _more = paging.find(_parts(filters, now), filters.order, None, most + 1)
    return [key[-1] for key in keys]


def number(filters: Filters, now: datetime) -> int:
    """Count what the filters let through, all of it."""
    return sum(part.order_by().count() for part in _parts(filters, now))


def walk(filters: Filters, now: datetime, size: int = 1000) -> Iterator[Row]:
    """Read all rows of the list, in flat memory."""
    after: str | None = ""
    while after is not None:
        page = paging.paged(
            _parts(filters, now),
            filters.order,
            filters.cursor(after, ""),
            size,
            lambda keys: rows([key[-1] for key in keys], now),
        )
        yield from page.rows
        after = page.after


def total(filters: Filters, counted: Counts) -> int | None:
    """Return how many accounts the filters let through; None where only reading them all would tell."""
    if filters.text or filters.ends_on or filters.domain or filters.campaign or len(filters.looks) > 1:
        return None
    if filters.looks:
        return None if filters.states else counted.looks[filters.looks[0]]
    return sum(counted.states[state] for state in filters.states or State)


def rows(ids: Sequence[int], now: datetime) -> list[Row]:
    """Load accounts as rows, in the order of their ids, in two queries."""
    by_id = Account.objects.select_related("campaign").only(*_SHOWN).in_bulk(ids)
    failed = set(failed_operations().filter(account__in=ids).values_list("account_id", flat=True))
    in_words = _Words(words.local_day(now))
    return [_row(by_id[pk], now, in_words, has_failed=pk in failed) for pk in ids if pk in by_id]


def domains() -> list[str]:
    return list(MailDomain.objects.kept().order_by("name").values_list("name", flat=True))


def campaigns() -> list[str]:
    """Campaigns that a new account can join, newest first."""
    return list(Campaign.objects.order_by("-created_at").values_list("name", flat=True)[:50])


def profiles() -> list[str]:
    return list(Profile.objects.order_by("name").values_list("name", flat=True))


def is_unproven(account: Account, state: State) -> bool:
    """Say whether an account should be locked and the server has not been seen to lock it."""
    return state in LOCKED_STATES and account.mailbox_exists is not False and account.mailbox_locked is not True


def is_unset(account: Account, state: State) -> bool:
    """Say whether an account should be open and the server has not been seen to let its holder in."""
    return state is State.ACTIVE and not (account.mailbox_exists and account.mailbox_locked is False)


def _parts(filters: Filters, now: datetime) -> Iterator[AccountQuerySet]:
    """Cut the list by state where an index on state and last day then serves each part without sorting.

    Text sorts by the database's own rules, which Python cannot merge by: those lists stay whole.
    """
    found = _filtered(filters, now)
    if filters.sort in {Sort.NAME, Sort.ADDRESS}:
        yield found.filter(state__in=filters.states) if filters.states else found
        return
    if filters.text or filters.campaign or (filters.sort is Sort.END and not filters.states and not filters.domain):
        yield found.filter(state__in=filters.states) if filters.states else found
        return
    for state in filters.states or tuple(State):
        yield found.filter(state=state)


def _filtered(filters: Filters, now: datetime) -> AccountQuerySet:
    found = Account.objects.all()
    if Look.ENDING in filters.looks:
        found = found & ending(now)
    if Look.UNPROVEN in filters.looks:
        found = found & _unproven()
    if Look.FAILED in filters.looks:
        found = found.filter(pk__in=_failed())
    if filters.domain:
        # The domain's own number, not a join: its index has the last days in order.
        found = found.filter(
            domain__in=list(MailDomain.objects.filter(name=filters.domain).values_list("pk", flat=True))
        )
    if filters.campaign:
        found = found.filter(
            campaign__in=list(Campaign.objects.filter(name=filters.campaign).values_list("pk", flat=True))
        )
    if filters.ends_on:
        zone = words.zone()
        found = found.filter(ends_at__gt=day_start(filters.ends_on, zone), ends_at__lte=end_of(filters.ends_on, zone))
    return _matching(found, filters.text) if filters.text.strip() else found


def _unproven() -> AccountQuerySet:
    """Return those whose lock is not confirmed; by number, where they are few as they should be."""
    numbers = list(Account.objects.lock_unproven_numbers()[: _MANY + 1])
    return Account.objects.filter(pk__in=numbers) if len(numbers) <= _MANY else Account.objects.lock_unproven()


def _matching(found: AccountQuerySet, text: str) -> AccountQuerySet:
    """Narrow to what has every word. Few matches are looked up and named one by one, whatever the order of the list;
    many are met soon enough on the way along an index.
    """
    words_of = text.split()[:6]
    numbers = searchtext.numbers_with(words_of, _MANY + 1)
    return found.filter(pk__in=numbers) if len(numbers) <= _MANY else found.filter(_has(words_of))


def _has(words_of: Iterable[str]) -> Q:
    """Return the condition of having every word somewhere. What other tables say is looked up first: they are small."""
    condition = Q()
    for word in words_of:
        somewhere = (
            Q(name__icontains=word) | Q(address__icontains=word) | Q(owner__icontains=word) | Q(purpose__icontains=word)
        )
        if campaigns := list(Campaign.objects.filter(name__icontains=word).values_list("pk", flat=True)[:_MANY]):
            somewhere |= Q(campaign__in=campaigns)
        if aliased := list(Alias.objects.filter(address__icontains=word).values_list("account_id", flat=True)[:_MANY]):
            somewhere |= Q(pk__in=aliased)
        condition &= somewhere
    return condition


class _Words:
    """States and days in words, each put into words once: rows of a page share many of them."""

    def __init__(self, today: date) -> None:
        self.today, self.zone = today, words.zone()
        self.state = functools.cache(lambda state: str(words.STATES[state]))
        self.day = functools.cache(lambda day: (words.day_words(day, today), words.distance(day, today)))


def _row(account: Account, now: datetime, in_words: _Words, *, has_failed: bool) -> Row:
    state, day = account.life.state_at(now), last_day(account.ends_at, in_words.zone)
    last_day_words, distance = in_words.day(day)
    unproven, unset = is_unproven(account, state), is_unset(account, state)
    local, _at, domain = account.address.partition("@")
    return Row(
        id=account.pk,
        name=account.name,
        local=local,
        domain=domain,
        state=state,
        state_words=in_words.state(state),
        mark="look" if unproven or unset else state,
        doubt=_doubt(unproven=unproven, unset=unset and not has_failed),
        has_failed=has_failed,
        is_held=account.held_at is not None,
        last_day=day,
        last_day_words=last_day_words,
        distance=distance,
        is_near=state is State.ACTIVE and timedelta(0) <= day - in_words.today <= EXPIRING_WITHIN,
        campaign=account.campaign.name if account.campaign else "",
        goes_by_campaign=account.follows_campaign,
        purpose=account.purpose,
        owner=account.owner,
    )


def _doubt(*, unproven: bool, unset: bool) -> str:
    if unproven:
        return _("lock not confirmed")
    return _("not confirmed") if unset else ""
