"""The moves of an account's life, by people and by the clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from accounts import audit, outbox
from accounts.domain.campaigns import Dates, following, still_follows
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Life, Move, State
from accounts.domain.people import SWEEP, Actor
from accounts.models import Account, PendingSecret, Pulse
from accounts.services.changing import account_for_change, changed, checked_reason

_PAGE = 200
_FOLLOWS_FROM_DATES = ("state", "closes_at", "purges_at", "review_at")


@transaction.atomic
def extend_account(
    account_id: int,
    *,
    ends_at: datetime,
    by: Actor,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Account:
    """Move the end to any future moment, also an earlier one; an ended account opens again unless it is suspended.

    :raises RuleBroken: if the moment is past, or the account is purged
    """
    account = account_for_change(account_id, expected_version, by=by)
    return _live(account, account.life.extended(ends_at, now), audit.Action.TERM_CHANGED, by=by, now=now, reason=reason)


@transaction.atomic
def extend_account_by(
    account_id: int,
    *,
    days: int,
    by: Actor,
    now: datetime,
    reason: str = "",
    expected_version: int | None = None,
) -> Account:
    """Add days, counted from the later of now and the end.

    :raises RuleBroken: as `extend_account`, and if the days are none or too many
    """
    account = account_for_change(account_id, expected_version, by=by)
    life = account.life.extended(account.life.later_by(days, now, ZoneInfo(settings.TIME_ZONE)), now)
    return _live(account, life, audit.Action.TERM_CHANGED, by=by, now=now, reason=reason)


@transaction.atomic
def suspend_account(
    account_id: int, *, reason: str, by: Actor, now: datetime, expected_version: int | None = None
) -> Account:
    """Shut every door until a person reinstates it; mail is still taken.

    :raises RuleBroken: if it is not active, or no reason is given
    """
    account = account_for_change(account_id, expected_version, by=by)
    life = account.life.suspended_by_hand(now)
    account.suspended_because = checked_reason(reason, required=True)
    return _live(account, life, audit.Action.ACCOUNT_SUSPENDED, by=by, now=now, reason=reason)


@transaction.atomic
def reinstate_account(
    account_id: int,
    *,
    by: Actor,
    now: datetime,
    ends_at: datetime | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> Account:
    """Lift a suspension; where the term is over, a new end opens the account again.

    :raises RuleBroken: if nothing is to be lifted, or the term is over and no end is given
    """
    account = account_for_change(account_id, expected_version, by=by)
    life = account.life.reinstated(now, ends_at)
    account.suspended_because = ""
    return _live(account, life, audit.Action.ACCOUNT_REINSTATED, by=by, now=now, reason=reason)


@transaction.atomic
def end_account(
    account_id: int, *, by: Actor, now: datetime, reason: str = "", expected_version: int | None = None
) -> Account:
    """End the term now.

    :raises RuleBroken: if it has ended already
    """
    account = account_for_change(account_id, expected_version, by=by)
    return _live(account, account.life.ended(now), audit.Action.ACCOUNT_ENDED, by=by, now=now, reason=reason)


@transaction.atomic
def purge_account(
    account_id: int, *, reason: str, by: Actor, now: datetime, expected_version: int | None = None
) -> Account:
    """Delete the mailbox with all its mail, for ever; the record stays and keeps the address reserved.

    :raises RuleBroken: if it is not closed, its retention runs, somebody holds it, or no reason is given
    """
    account = account_for_change(account_id, expected_version, by=by)
    life = account.life.given_up(now)
    return _purge(account, life, by=by, now=now, reason=checked_reason(reason, required=True))


@transaction.atomic
def hold_account(account_id: int, *, reason: str, by: Actor, now: datetime) -> Account:
    """Keep the mailbox from being purged until the hold is released.

    :raises RuleBroken: if it is held or purged already, or no reason is given
    """
    account = account_for_change(account_id, by=by)
    account.life.require(Move.HOLD, now)
    if account.held_at:
        raise RuleBroken("already_held", reason=account.held_because)
    account.held_at, account.held_because = now, checked_reason(reason, required=True)
    return _record_hold(account, audit.Action.ACCOUNT_HELD, by=by, now=now, reason=account.held_because)


@transaction.atomic
def release_account(account_id: int, *, by: Actor, now: datetime, reason: str = "") -> Account:
    """Let go of a hold.

    :raises RuleBroken: if nobody holds it
    """
    account = account_for_change(account_id, by=by)
    if not account.held_at:
        raise RuleBroken("not_held")
    account.held_at, account.held_because = None, ""
    return _record_hold(account, audit.Action.ACCOUNT_RELEASED, by=by, now=now, reason=checked_reason(reason))


@transaction.atomic
def follow_campaign(
    account_id: int,
    *,
    by: Actor,
    now: datetime,
    starts_at: datetime | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> Account:
    """Make the campaign's last day the account's, which goes by it from then on.

    `starts_at` is another first day for one that still waits for the campaign to begin.

    :raises RuleBroken: if it is in no campaign that has a last day, or cannot follow
    """
    account = account_for_change(account_id, expected_version, by=by)
    dates = account.campaign.dates if account.campaign else Dates()
    before = Dates(account.starts_at if starts_at else None)
    life = following(account.life, before, replace(dates, starts_at=starts_at), now)
    return _live(account, life, audit.Action.TERM_CHANGED, by=by, now=now, reason=reason, follows=True)


@dataclass(frozen=True, slots=True)
class Moved:
    """One account that the clock moved, or would move."""

    address: str
    before: State
    after: State


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep changed, and how many purges it left for a person to confirm."""

    changed: list[Moved]
    stopped: int | None = None
    """None where nothing was held back."""


def sweep(*, now: datetime, dry_run: bool = False, confirmed_purges: int | None = None, by: Actor = SWEEP) -> Swept:
    """Move every account whose time has come. Ends are never held back; many purges at once wait for a person.

    `confirmed_purges` is the number that a person has seen and typed: that many may go, should it still be true.
    """
    if dry_run:
        return _foresee(now, confirmed_purges)
    moved: list[Moved] = []
    while page := _sweep_page(now):
        moved += page
    stopped = _purges_to_confirm(now, confirmed_purges)
    if stopped is None:
        moved += _sweep_purges(now, by)
    _beat(now, stopped, by)
    return Swept(moved, stopped)


def _foresee(now: datetime, confirmed: int | None) -> Swept:
    """Build the same plan without touching anything; `now` may be any moment."""
    moved = []
    for account in Account.objects.exclude(state=State.PURGED).order_by("ends_at", "pk").iterator(chunk_size=2000):
        state = account.life.state_at(now)
        if state is State.CLOSED and now >= account.purges_at and not account.held_at:
            state = State.PURGED
        if state != account.state:
            moved.append(Moved(account.address, State(account.state), state))
    purges = sum(move.after is State.PURGED for move in moved)
    stopped = purges if purges > settings.SWEEP_PURGE_LIMIT and purges != confirmed else None
    if stopped is not None:
        moved = [move for move in moved if move.after is not State.PURGED]
    return Swept(moved, stopped)


@transaction.atomic
def _sweep_page(now: datetime) -> list[Moved]:
    due = list(Account.objects.select_for_update(skip_locked=_can_skip_locked()).due(now)[:_PAGE])
    moved = [_settled(account, now) for account in due]
    Account.objects.write_back(due, _FOLLOWS_FROM_DATES)
    changed = [(account, move) for account, move in zip(due, moved, strict=True) if move.before is not move.after]
    audit.record_many(_state_changed(account, move, now) for account, move in changed)
    accounts = [account for account, _ in changed]
    outbox.record_many(cause=audit.Action.STATE_CHANGED, now=now, subjects=accounts)
    return moved


def _settled(account: Account, now: datetime) -> Moved:
    before = State(account.state)
    account.live(account.life, now)
    return Moved(account.address, before, State(account.state))


def _state_changed(account: Account, move: Moved, now: datetime) -> audit.Entry:
    return audit.Entry(
        action=audit.Action.STATE_CHANGED,
        by=SWEEP,
        at=now,
        account=account,
        before={"state": move.before},
        after={"state": move.after, "ends_at": account.ends_at},
    )


def _purges_to_confirm(now: datetime, confirmed: int | None) -> int | None:
    waiting = Account.objects.purgeable(now).count()
    return waiting if waiting > settings.SWEEP_PURGE_LIMIT and waiting != confirmed else None


def _sweep_purges(now: datetime, by: Actor) -> list[Moved]:
    moved = []
    for account_id in list(Account.objects.purgeable(now).values_list("pk", flat=True)):
        with transaction.atomic():
            account = account_for_change(account_id, by=by)
            try:
                life = account.life.given_up(now)
            except RuleBroken:
                continue  # extended or held a moment ago
            _purge(account, life, by=by, now=now)
            moved.append(Moved(account.address, State.CLOSED, State.PURGED))
    return moved


@transaction.atomic
def _beat(now: datetime, stopped: int | None, by: Actor) -> None:
    """Note that the sweep ran; a sweep that stays away is shown, and a brake is logged once."""
    last = Pulse.objects.filter(name="sweep").first()
    if stopped is not None and (last is None or last.facts.get("purges_stopped") != stopped):
        audit.record(audit.Action.PURGES_STOPPED, by=by, at=now, after={"purges": stopped})
    Pulse.objects.update_or_create(
        name="sweep", defaults={"at": now, "failing_since": None, "error": "", "facts": {"purges_stopped": stopped}}
    )


def _purge(account: Account, life: Life, *, by: Actor, now: datetime, reason: str = "") -> Account:
    # A password that never reached the server has nowhere to go any more.
    PendingSecret.objects.filter(account=account).delete()
    return _live(account, life, audit.Action.ACCOUNT_PURGED, by=by, now=now, reason=reason)


def _live(
    account: Account,
    life: Life,
    action: audit.Action,
    *,
    by: Actor,
    now: datetime,
    reason: str,
    follows: bool | None = None,
) -> Account:
    before = _term(account)
    if follows is None:
        dates = account.campaign.dates if account.campaign else Dates()
        follows = still_follows(account.life, life, dates, now, followed=account.follows_campaign)
    account.follows_campaign = follows
    account.live(life, now)
    return changed(account, action, by=by, now=now, before=before, after=_term(account), reason=checked_reason(reason))


def _term(account: Account) -> dict[str, Any]:
    return {
        "follows_campaign": account.follows_campaign,
        "state": account.state,
        "starts_at": account.starts_at,
        "ends_at": account.ends_at,
        "suspended": account.suspended_at is not None,
    }


def _record_hold(account: Account, action: audit.Action, *, by: Actor, now: datetime, reason: str) -> Account:
    """A hold is ours alone: the server is not asked for anything."""
    account.version += 1
    account.save()
    audit.record(action, by=by, at=now, account=account, reason=reason)
    return account


def _can_skip_locked() -> bool:
    return bool(transaction.get_connection().features.has_select_for_update_skip_locked)
