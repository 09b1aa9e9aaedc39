"""What a changed profile would change in the mailboxes that have it, before anything is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.domain.lifecycle import State
from accounts.domain.profiles import GIVEN, taken_over
from accounts.models import Account, Profile

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Gift:
    """One account under a changed profile."""

    account: Account
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    """What it takes over; empty where it has values of its own."""
    closes: bool
    """A shorter grace is over already: mail to it is refused from then on."""


def given(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in GIVEN}


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a profile gives by the names of the log, where denials of a mailbox are something else."""
    return {("limits" if name == "denials" else name): value for name, value in values.items()}


def gifts(profile: Profile, before: Mapping[str, Any], after: Mapping[str, Any], now: datetime) -> Iterator[Gift]:
    """Yield every account of a profile that a change of it is about, those with their own values too."""
    changing = [name for name in GIVEN if after[name] != before[name]]
    if not changing:
        return
    kept = Account.objects.filter(profile=profile).exclude(state=State.PURGED)
    for account in kept.order_by("name", "pk").iterator(chunk_size=_PAGE):
        own = {name: getattr(account, name) for name in GIVEN}
        taken = taken_over(own, before, after)
        yield Gift(account, {name: own[name] for name in changing}, taken, _closes(account, taken, now))


def _closes(account: Account, taken: Mapping[str, Any], now: datetime) -> bool:
    if "grace_days" not in taken:
        return False
    return account.life.state_at(now) is State.ENDED and account.ends_at + timedelta(taken["grace_days"]) <= now
