"""Where the mail server differs from this panel, a card each, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.drift import Difference, Field, Remedy, Standing
from accounts.domain.lifecycle import LOCKED_STATES
from accounts.models import Drift
from accounts.queries import compared, paging, words
from accounts.queries.compared import FIELDS, KINDS

SIZE = 50

_FLAGS: dict[str, tuple[Promise, Promise]] = {
    Field.LOCKED: (gettext_lazy("shut"), gettext_lazy("open")),
    Field.RECEIVE: (gettext_lazy("refused"), gettext_lazy("taken")),
    Field.CREDENTIALS: (gettext_lazy("not allowed"), gettext_lazy("allowed")),
    Field.DIRECTORY: (gettext_lazy("hidden"), gettext_lazy("shown")),
}


@dataclass(frozen=True, slots=True)
class Both:
    """One field in both versions."""

    field: str
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class Card:
    id: int
    kind: Difference
    address: str
    name: str
    account_id: int | None
    title: str
    text: str
    both: list[Both]
    since: str
    remedies: list[Remedy]
    is_bad: bool
    is_over: bool
    """The account is over, so that there is nothing left to end."""
    reason: str
    by: str
    there_name: str
    is_shut_there: bool
    """Somebody locked it on the server: accepting that suspends the account."""


def cards(kind: str, *, ignored: bool, cursor: paging.Cursor | None, now: datetime) -> paging.Page[Card]:
    """Return a page of cards in the order of their addresses, without those that stand in a pile."""
    found = Drift.objects.filter(state=Standing.IGNORED if ignored else Standing.OPEN)
    if kind:
        found = found.filter(kind=kind)
    elif not ignored:
        found = found.exclude(kind__in=[pile.kind for pile in compared.piles(compared.counts())])
    return paging.paged([found], ORDER, cursor, SIZE, lambda keys: _load(keys, now))


ORDER = paging.Order(("address", "id"))
FIRST_KEY: paging.Key = ("", 0)


def card(drift_id: int, now: datetime) -> Card | None:
    """Return one difference that is not settled."""
    drift = Drift.objects.living().select_related("account").filter(pk=drift_id).first()
    return _card(drift, now) if drift else None


def was_seen(drift_id: int) -> bool:
    """Say whether there is, or was, such a difference."""
    return Drift.objects.filter(pk=drift_id).exists()


def of_account(account_id: int, now: datetime) -> Card | None:
    """Return the open difference of an account."""
    drift = Drift.objects.open().select_related("account").filter(account=account_id).first()
    return _card(drift, now) if drift else None


def _load(keys: list[paging.Key], now: datetime) -> list[Card]:
    found = Drift.objects.filter(pk__in=[key[-1] for key in keys]).select_related("account").order_by("address", "id")
    return [_card(drift, now) for drift in found]


def _card(drift: Drift, now: datetime) -> Card:
    kind, account = Difference(drift.kind), drift.account
    opened = drift.stands_open
    return Card(
        id=drift.pk,
        kind=kind,
        address=drift.address,
        name=account.name if account else "",
        account_id=drift.account_id,
        title=_("Open on the server, shut here") if opened else str(KINDS[kind]),
        text=_text(drift),
        both=_both(drift, now) if kind is Difference.DIFFERENT else [],
        since=words.moment_words(drift.first_seen_at, now),
        remedies=drift.remedies,
        is_bad=opened or kind is Difference.ONLY_HERE,
        is_over=bool(account and account.life.state_at(now) in LOCKED_STATES),
        reason=drift.reason,
        by=drift.by,
        there_name=drift.fields.get(Field.NAME, {}).get("there", ""),
        is_shut_there=drift.kind == Difference.DIFFERENT and bool(drift.fields.get(Field.LOCKED, {}).get("there")),
    )


def _text(drift: Drift) -> str:
    account = drift.account
    if drift.kind == Difference.ONLY_HERE:
        return _("It was on the mail server and was deleted there, outside of this panel. Its mail went with it.")
    if drift.kind == Difference.DIFFERENT:
        return ""
    size = drift.fields["used"]["there"]
    used = words.size_words(size) if size else _("empty")
    door = _("locked") if drift.fields["locked"]["there"] else _("open")
    if account and account.purged_at:
        text = _("%(name)s's mailbox was purged, and somebody made a new one at this address, %(door)s, %(used)s.")
        return text % {"name": account.name, "door": door, "used": used}
    if account:
        text = _("Made outside of this panel, before the account of %(name)s could have it: %(door)s, %(used)s.")
        return text % {"name": account.name, "door": door, "used": used}
    if drift.is_ours:
        return _("It looks like one of the mail system's own: %(door)s, %(used)s.") % {"door": door, "used": used}
    named = drift.fields["name"]["there"]
    text = (
        _("Made outside of this panel, for %(name)s: %(door)s, %(used)s.")
        if named
        else _("Made outside of this panel: %(door)s, %(used)s.")
    )
    return text % {"name": named, "door": door, "used": used}


def _both(drift: Drift, now: datetime) -> list[Both]:
    today = words.local_day(now)
    return [
        Both(str(FIELDS[name]), *(_value(name, drift.fields[name][side], today) for side in ("here", "there")))
        for name in FIELDS
        if name in drift.fields
    ]


def _value(name: str, value: Any, today: Any) -> str:
    if name in _FLAGS:
        return str(_FLAGS[name][0 if value else 1])
    if name == Field.QUOTA:
        return words.quota_words(value)
    if name == Field.DEADLINE:
        return words.end_words(datetime.fromisoformat(value), today) if value else _("never")
    shown: Iterable[str] = value if isinstance(value, list) else [value]
    return ", ".join(shown) or _("nothing")
