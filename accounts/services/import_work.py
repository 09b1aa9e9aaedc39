"""What a row of a started import does: each is one transaction of the batch, and may run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from accounts import audit
from accounts.domain.dates import day_start, end_of
from accounts.domain.errors import SeveralRulesBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.domain.sheets.columns import folded
from accounts.domain.sheets.rows import Verdict
from accounts.models import Account, Alias, BatchRow
from accounts.services import lifecycle, placing
from accounts.services.accounts import Details, create_account, edit_account
from accounts.services.batches import Outcome
from accounts.services.changing import account_for_change, changed
from accounts.services.import_world import AddressMaker

_NOT_FREE = frozenset({"address_taken", "address_reserved", "address_is_alias", "address_held"})
_OF_A_NEW_ONE = ("name", "owner", "purpose", "note", "campaign", "profile", "employee_number")
_DETAILS = ("name", "owner", "purpose", "employee_number", "note")


def carry_out(row: BatchRow, by: Actor, now: datetime) -> Outcome:
    """Make sure of what one row of a sheet says."""
    match row.plan["verdict"]:
        case Verdict.CREATE:
            return _create(row.plan, by, now)
        case Verdict.UPDATE:
            return _update(cast("int", row.account_id), row.plan, by, now)
        case _:
            return _end(cast("int", row.account_id), by, now)


def _create(plan: dict[str, Any], by: Actor, now: datetime) -> Outcome:
    if there := _opened_meanwhile(plan):
        return Outcome(account=there, skipped=_("Somebody opened this mailbox meanwhile."))
    return Outcome(account=_opened(plan, facts_of(plan, by, now)))


def facts_of(plan: Mapping[str, Any], by: Actor, now: datetime) -> dict[str, Any]:
    """Return what a row says of an account that it opens, but for its address."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first_day = plan["first_day"] and day_start(date.fromisoformat(plan["first_day"]), zone)
    return {name: plan[name] for name in _OF_A_NEW_ONE} | {
        "starts_at": None if _is_today(first_day, now, zone) else first_day,
        # Without an end it follows the campaign's.
        "ends_at": None if plan["follows_campaign"] else end_of(date.fromisoformat(plan["last_day"]), zone),
        "by": by,
        "now": now,
    }


def _opened(plan: dict[str, Any], facts: dict[str, Any]) -> Account:
    """Open it at the address that was looked at; one made of the name gives way where it was taken meanwhile."""
    try:
        return create_account(address=plan["address"], **facts)
    except SeveralRulesBroken as refused:
        if plan["given"] or {rule.code for rule in refused.broken} - _NOT_FREE:
            raise
    first, _blank, last = plan["name"].partition(" ")
    address = AddressMaker(facts["by"].reach)(first, last, plan["profile"], _is_taken)
    return create_account(address=address or plan["address"], **facts)


def _opened_meanwhile(plan: dict[str, Any]) -> Account | None:
    """Return the same person's account, where another import or a colleague was quicker."""
    numbers = numbers_alike(plan["employee_number"])
    if not numbers:
        return None
    alike = Account.objects.filter(employee_number__in=numbers, purged_at=None)
    return next((account for account in alike.only("name") if folded(account.name) == folded(plan["name"])), None)


def numbers_alike(number: str) -> set[str]:
    """Return the ways a number may be written: `iexact` would have SQLite read all accounts, once for each row."""
    return {number, number.upper(), number.lower()} - {""}


def _is_taken(address: str) -> bool:
    return Account.everywhere.filter(address=address).exists() or Alias.objects.filter(address=address).exists()


def _update(account_id: int, plan: dict[str, Any], by: Actor, now: datetime) -> Outcome:
    changes: dict[str, str] = plan["changes"]
    account = account_for_change(account_id, by=by)
    if details := {name: changes[name] for name in _DETAILS if name in changes}:
        account = edit_account(account_id, by=by, now=now, **cast("Details", details))
    if "campaign" in changes:
        account = placing.move_account(account_id, campaign=changes["campaign"], by=by, now=now)
    if "profile" in changes:
        account = placing.change_profile(account_id, profile=changes["profile"], by=by, now=now)
    if plan["follows_campaign"] and "ends_at" in changes:
        account = lifecycle.follow_campaign(account_id, by=by, now=now)
    elif {"starts_at", "ends_at"} & set(changes):
        account = _set_term(account_id, changes, by=by, now=now)
    return Outcome(account=account)


def _set_term(account_id: int, changes: dict[str, str], *, by: Actor, now: datetime) -> Account:
    """Give an account days of its own; its start can move only while it lies ahead."""
    zone = ZoneInfo(settings.TIME_ZONE)
    account = account_for_change(account_id, by=by)
    life, before = account.life, _term(account)
    if "starts_at" in changes and life.state_at(now) is State.SCHEDULED:
        life = replace(life, starts_at=day_start(date.fromisoformat(changes["starts_at"]), zone))
    ends_at = end_of(date.fromisoformat(changes["ends_at"]), zone) if "ends_at" in changes else life.ends_at
    account.live(life.extended(ends_at, now), now)
    account.follows_campaign = False
    return changed(account, audit.Action.TERM_CHANGED, by=by, now=now, before=before, after=_term(account))


def _term(account: Account) -> dict[str, Any]:
    return {
        "follows_campaign": account.follows_campaign,
        "state": account.state,
        "starts_at": account.starts_at,
        "ends_at": account.ends_at,
    }


def _end(account_id: int, by: Actor, now: datetime) -> Outcome:
    account = account_for_change(account_id, by=by)
    if account.life.state_at(now) in {State.ENDED, State.CLOSED, State.PURGED}:
        return Outcome(account=account, skipped=_("Its term was over already."))
    ended = lifecycle.end_account(account_id, by=by, now=now, reason=_("Not in the roster any more."))
    return Outcome(account=ended)


def _is_today(first_day: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
    return first_day is not None and first_day.astimezone(zone).date() == now.astimezone(zone).date()
