"""What every change of an account shares: take it alone, refuse a stale edit, record, tell the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts import audit, outbox
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account
from accounts.services import checking

_LONGEST_REASON = 500


def account_for_change(account_id: int, expected_version: int | None = None, *, by: Actor) -> Account:
    """Lock the row and return the account.

    :raises RuleBroken: `no_such_account`, `out_of_reach`, or `edited_meanwhile` with the account as it is now
    """
    account = (
        Account.objects.select_for_update(of=("self",))
        .select_related("profile", "campaign")
        .filter(pk=account_id)
        .first()
    )
    if account is None:
        raise RuleBroken("no_such_account")
    by.reach.require(domain=account.domain_id, campaign=account.campaign_id)
    if expected_version is not None and expected_version != account.version:
        raise RuleBroken("edited_meanwhile", account=account)
    return account


def changed(
    account: Account,
    action: audit.Action,
    *,
    by: Actor,
    now: datetime,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str = "",
) -> Account:
    """Save a changed account with its audit event and its operation; an unchanged one is returned as it is."""
    differs = [name for name in after if before.get(name) != after[name]]
    if not differs:
        return account
    account.version += 1
    account.save()
    audit.record(
        action,
        by=by,
        at=now,
        account=account,
        reason=reason,
        before={name: before.get(name) for name in differs},
        after={name: after[name] for name in differs},
    )
    outbox.record(cause=action, now=now, subject=account, request_id=by.request_id)
    return account


def checked_reason(text: str, *, required: bool = False) -> str:
    """Return a reason without blanks around it.

    :raises RuleBroken: if it is too long for the log, cannot be shown, or is missing where one is needed
    """
    text = checking.text(text, field="reason", longest=_LONGEST_REASON, lines=True)
    if required and not text:
        raise RuleBroken("reason_required", field="reason")
    return text
