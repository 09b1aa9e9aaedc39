"""What other dates of a campaign would do to its accounts, before anything is done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.domain.campaigns import Dates, following
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Life, State
from accounts.models import Account, Campaign
from accounts.queries import words
from accounts.queries.sentences import explain

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Shift:
    """One account under other dates: what it would become, or why it stays as it is."""

    account: Account
    before: Mapping[str, Any]
    after: Mapping[str, Any] = field(default_factory=dict)
    starts_at: datetime | None = None
    """Another first day, for one that was to begin with the campaign."""
    stays: str = ""

    @property
    def opens(self) -> bool:
        """Its term was over, and it opens again."""
        return bool(self.after) and self.before["state"] in _OVER and self.after["state"] not in _OVER


@dataclass(frozen=True, slots=True)
class Shifts:
    """All accounts of a campaign under other dates."""

    moving: list[Shift]
    own: list[Shift]
    """Those with dates of their own, that a person may tick."""
    stuck: list[Shift]
    """Those that follow and cannot be moved."""

    @property
    def opens(self) -> int:
        return sum(shift.opens for shift in self.moving)

    @property
    def staying(self) -> int:
        return len(self.own) + len(self.stuck)

    def __bool__(self) -> bool:
        return bool(self.moving or self.own or self.stuck)


_OVER = frozenset({State.ENDED, State.CLOSED})


def shifts(campaign: Campaign, before: Dates, after: Dates, now: datetime, *, ticked: Collection[int] = ()) -> Shifts:
    """Foresee other dates; those of `ticked` move with the others, whatever dates they have now."""
    found = Shifts([], [], [])
    if after.ends_at is None:
        return found
    for account in _accounts(campaign):
        shift = _shift(account, before, after, now)
        follows = account.follows_campaign or account.pk in ticked
        if not follows:
            found.own.append(shift)
        elif shift.stays:
            found.stuck.append(shift)
        elif shift.after != shift.before:
            found.moving.append(shift)
    return found


def own_dates_words(account: Account, now: datetime) -> str:
    day = words.last_day_words(account.ends_at, words.local_day(now))
    return _("It has dates of its own: its last day is %(day)s.") % {"day": day}


def _accounts(campaign: Campaign) -> Iterator[Account]:
    kept = Account.objects.filter(campaign=campaign).exclude(state=State.PURGED)
    return kept.order_by("name", "pk").iterator(chunk_size=_PAGE)


def _shift(account: Account, before: Dates, after: Dates, now: datetime) -> Shift:
    told = _facts(account.life, now, follows=account.follows_campaign)
    try:
        life = following(account.life, before, after, now)
    except RuleBroken as rule:
        return Shift(account, told, stays=explain(rule))
    starts_at = life.starts_at if life.starts_at != account.starts_at else None
    return Shift(account, told, _facts(life, now, follows=True), starts_at)


def _facts(life: Life, now: datetime, *, follows: bool) -> dict[str, Any]:
    return {
        "state": str(life.state_at(now)),
        "starts_at": life.starts_at,
        "ends_at": life.ends_at,
        "follows_campaign": follows,
    }
