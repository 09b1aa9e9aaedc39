"""Accounts as commands show them: the JSON object of README, "Commands", and a few lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q

from accounts.domain.lifecycle import State
from accounts.management.base import Answer
from accounts.models import Account, AccountQuerySet, Campaign, Operation, Status
from accounts.queries import words
from accounts.queries.campaigns import CampaignRow
from accounts.queries.sentences import server_said
from accounts.queries.shifts import Shifts

_OPERATIONS = 10
_LOCKED = {True: "locked", False: "open", None: "not known"}


def with_operations(accounts: AccountQuerySet) -> AccountQuerySet:
    """Load the newest operations with the accounts, in one more query."""
    # One sweep can close and purge an account at the same instant: what was superseded is the older of the two.
    is_older = ExpressionWrapper(Q(status=Status.SUPERSEDED), output_field=BooleanField())
    newest = Operation.objects.order_by("-created_at", is_older)[:_OPERATIONS]
    return accounts.select_related("campaign").prefetch_related(Prefetch("operations", newest, to_attr="newest"))


def account_answer(account: Account, now: datetime) -> Answer:
    """Return one account; it is read again, so that it shows what the change has made of it."""
    fresh = with_operations(Account.objects.filter(pk=account.pk)).get()
    return Answer(account_json(fresh, now), account_lines(fresh, now))


def account_json(account: Account, now: datetime) -> dict[str, Any]:
    """Return an account that was loaded `with_operations`."""
    return {
        "address": account.address,
        "name": account.name,
        "state": account.life.state_at(now),
        "locked": account.mailbox_locked,
        "starts_at": account.starts_at,
        "ends_at": account.ends_at,
        "closes_at": account.closes_at,
        "purges_at": account.purges_at,
        "owner": account.owner,
        "campaign": account.campaign.name if account.campaign else None,
        "operations": [_operation_json(operation) for operation in _newest(account)],
    }


def account_lines(account: Account, now: datetime) -> Iterator[str]:
    today = words.local_day(now)
    first, last = (
        words.day_words(words.local_day(account.starts_at), today),
        words.last_day_words(account.ends_at, today),
    )
    yield f"{account.address}  {account.name}  {words.STATES[account.life.state_at(now)]}"
    yield f"  {first} to {last}"
    yield f"  owner {account.owner}, sign-in {_LOCKED[account.mailbox_locked]}"
    for operation in _newest(account)[:1]:
        said = f": {server_said(operation.error_code)}" if operation.error_code else ""
        yield f"  last change {operation.status}{said}"


def list_lines(accounts: Iterable[Account], now: datetime) -> Iterator[str]:
    today = words.local_day(now)
    for account in accounts:
        state: State = account.life.state_at(now)
        last_day = words.last_day_words(account.ends_at, today)
        yield f"{account.address:<44} {words.STATES[state]:<10} {last_day:<16} {account.name}"


def _operation_json(operation: Operation) -> dict[str, Any]:
    return {
        "id": operation.pk,
        "kind": operation.kind,
        "status": operation.status,
        "attempts": operation.attempts,
        "error": server_said(operation.error_code) if operation.error_code else None,
    }


def _newest(account: Account) -> list[Operation]:
    newest: list[Operation] = getattr(account, "newest", [])
    return newest


def campaign_json(campaign: Campaign, row: CampaignRow) -> dict[str, Any]:
    return {
        "name": campaign.name,
        "owner": campaign.owner,
        "stage": row.stage,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "profile": row.profile or None,
        "note": campaign.note,
        "states": {state: count for state, count in row.states.items() if count},
    }


def campaign_line(row: CampaignRow) -> str:
    return f"{row.name:<40} {row.stage_words:<10} {row.last_day or row.distance:<16} {row.mailboxes} mailboxes"


def shifts_json(planned: Shifts) -> dict[str, list[dict[str, Any]]]:
    """Return who would move with other dates of a campaign, and who would not."""
    own = [(shift, "It has dates of its own.") for shift in planned.own]
    stuck = [(shift, shift.stays) for shift in planned.stuck]
    return {
        "moved": [{"address": shift.account.address, **shift.after} for shift in planned.moving],
        "not_moved": [{"address": shift.account.address, "reason": why} for shift, why in (*own, *stuck)],
    }
