"""What people decide about differences between the mail server and our records. Nothing of it happens by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit, outbox
from accounts.domain.drift import Field, Remedy, Standing
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, Drift, Pulse
from accounts.models.pulse import SYNC_ASKED, SYNC_TICK
from accounts.outbox import known
from accounts.services import lifecycle
from accounts.services.accounts import edit_account
from accounts.services.changing import account_for_change, changed, checked_reason
from accounts.services.ticks import SYNC_EVERY


@transaction.atomic
def ask_for_sync(*, by: Actor, now: datetime) -> None:
    """Have the worker compare everything at its next round, instead of within the quarter of an hour."""
    Pulse.objects.update_or_create(name=SYNC_TICK, defaults={"at": now - SYNC_EVERY})
    asked, _ = Pulse.objects.get_or_create(name=SYNC_ASKED, defaults={"at": now})
    Pulse.objects.filter(pk=asked.pk).update(at=now)
    audit.record(audit.Action.SYNC_ASKED, by=by, at=now)


@transaction.atomic
def put_right(drift_id: int, *, by: Actor, now: datetime, reason: str = "") -> Account:
    """Let our record win: what the person has seen on the server may be written over, and nothing newer.

    :raises RuleBroken: if it is settled, or no difference between two versions
    """
    drift = _drift(drift_id, Remedy.PUT_RIGHT, by)
    account = _account(drift, by)
    _decide_about_fields(account, drift)
    return _follow(account, drift, reason=checked_reason(reason), by=by, now=now)


@transaction.atomic
def accept(drift_id: int, *, reason: str, by: Actor, now: datetime) -> Account:
    """Take over what the server has, as the change of our record that it is.

    :raises RuleBroken: if it is settled, or the server's value can stand in no record of ours
    :raises SeveralRulesBroken: if a value breaks the rules of accounts
    """
    drift = _drift(drift_id, Remedy.ACCEPT, by)
    account, there = _account(drift, by), {name: both["there"] for name, both in drift.fields.items()}
    _decide_about_fields(account, drift)
    _take_over(account, there, reason=reason, by=by, now=now)
    account.refresh_from_db()
    _log(audit.Action.DRIFT_ACCEPTED, drift, by=by, now=now, reason=checked_reason(reason))
    _settle(drift, by, now)
    return account


@transaction.atomic
def ignore(drift_id: int, *, reason: str, by: Actor, now: datetime) -> Drift:
    """Leave a difference as it is, for as long as it stays the same.

    :raises RuleBroken: if it is settled, somebody could sign in who must not, or no reason is given
    """
    drift = _drift(drift_id, Remedy.IGNORE, by)
    drift.state, drift.reason, drift.by = Standing.IGNORED, checked_reason(reason, required=True), by.name
    drift.save(update_fields=["state", "reason", "by"])
    _log(audit.Action.DRIFT_IGNORED, drift, by=by, now=now, reason=drift.reason)
    return drift


@transaction.atomic
def make_again(drift_id: int, *, by: Actor, now: datetime, reason: str = "") -> Account:
    """Make a mailbox that was deleted from outside once more: a new one, empty, without a password.

    :raises RuleBroken: if it is settled, or is there after all
    """
    drift = _drift(drift_id, Remedy.MAKE_AGAIN, by)
    account = _account(drift, by)
    account.mailbox_known, account.mailbox_id, account.mailbox_asked_at = {}, "", None
    account.save(update_fields=["mailbox_known", "mailbox_id", "mailbox_asked_at"])
    return _follow(account, drift, reason=checked_reason(reason), by=by, now=now)


@transaction.atomic
def give_up(drift_id: int, *, reason: str, by: Actor, now: datetime) -> Account:
    """End the account of a mailbox that was deleted from outside; an account that is over stays so.

    :raises RuleBroken: if it is settled, or is there after all
    """
    drift = _drift(drift_id, Remedy.END, by)
    account = _account(drift, by)
    account.mailbox_known, account.mailbox_asked_at = {known.GIVEN_UP: True}, None
    account.save(update_fields=["mailbox_known", "mailbox_asked_at"])
    if account.life.state_at(now) in {State.SCHEDULED, State.ACTIVE, State.SUSPENDED}:
        lifecycle.end_account(account.pk, by=by, now=now, reason=reason)
        account.refresh_from_db()
    _log(audit.Action.MAILBOX_GIVEN_UP, drift, by=by, now=now, reason=checked_reason(reason))
    _settle(drift, by, now)
    return account


def _take_over(account: Account, there: dict[str, Any], *, reason: str, by: Actor, now: datetime) -> None:
    details: dict[str, Any] = {name: there[name] for name in ("name", "quota", "aliases") if name in there}
    if details:
        edit_account(account.pk, by=by, now=now, **details)
    if Field.GROUPS in there:
        _leave_groups(account.pk, set(there[Field.GROUPS]), reason=reason, by=by, now=now)
    if Field.DEADLINE in there:
        if there[Field.DEADLINE] is None:
            raise RuleBroken("no_end_to_accept")
        lifecycle.extend_account(
            account.pk, ends_at=datetime.fromisoformat(there[Field.DEADLINE]), by=by, now=now, reason=reason
        )
    if Field.LOCKED in there:
        lifecycle.suspend_account(account.pk, reason=reason, by=by, now=now)


def _leave_groups(account_id: int, there: set[str], *, reason: str, by: Actor, now: datetime) -> None:
    """Let an account be in those of its groups that the mailbox is still in, and leave none that it was put into."""
    account = account_for_change(account_id, by=by)
    before = account.groups
    account.groups, account.groups_to_leave = [group for group in before if group in there], []
    account.save(update_fields=["groups", "groups_to_leave"])
    action = audit.Action.ACCOUNT_EDITED
    was, is_now = {"groups": before}, {"groups": account.groups}
    changed(account, action, by=by, now=now, before=was, after=is_now, reason=checked_reason(reason))


def _follow(account: Account, drift: Drift, *, reason: str, by: Actor, now: datetime) -> Account:
    """Log the decision, and have the server follow our record."""
    action = audit.Action.DRIFT_PUT_RIGHT
    outbox.supersede(account, now)
    _log(action, drift, by=by, now=now, reason=reason)
    outbox.record(subject=account, cause=action, now=now, request_id=by.request_id)
    _settle(drift, by, now)
    return account


def _decide_about_fields(account: Account, drift: Drift) -> None:
    there = {name: both["there"] for name, both in drift.fields.items()}
    account.mailbox_known = known.adding(account.mailbox_known, there)
    account.save(update_fields=["mailbox_known"])


def _drift(drift_id: int, remedy: Remedy, by: Actor) -> Drift:
    """Lock a difference that is not settled and that this can be done about."""
    found = Drift.objects.within(by.reach).select_for_update(of=("self",)).select_related("account")
    drift = found.filter(pk=drift_id).first()
    if drift is None or drift.state == Standing.SETTLED:
        raise RuleBroken("drift_settled")
    if remedy not in drift.remedies:
        code = "drift_stands_open" if drift.stands_open else "drift_not_offered"
        raise RuleBroken(code)
    return drift


def _account(drift: Drift, by: Actor) -> Account:
    """Lock the account after its difference, and as it is now."""
    if drift.account_id is None:
        raise RuleBroken("drift_not_offered")
    return account_for_change(drift.account_id, by=by)


def _settle(drift: Drift, by: Actor, now: datetime) -> None:
    drift.state, drift.by, drift.settled_at = Standing.SETTLED, by.name, now
    drift.save(update_fields=["state", "by", "settled_at"])


def _log(action: audit.Action, drift: Drift, *, by: Actor, now: datetime, reason: str = "") -> None:
    before = {name: both["there"] for name, both in drift.fields.items() if "here" in both}
    after = {name: both["here"] for name, both in drift.fields.items() if "here" in both}
    if action is audit.Action.DRIFT_ACCEPTED:
        before, after = after, before
    subject = "" if drift.account else drift.address
    audit.record(
        action, by=by, at=now, account=drift.account, subject=subject, reason=reason, before=before, after=after
    )


def open_of(ids: Iterable[int]) -> list[int]:
    """Return those of some differences that still wait for somebody."""
    return list(Drift.objects.open().filter(pk__in=list(ids)).order_by("address").values_list("pk", flat=True))
