"""Cancelling a change that waits: the record goes back to what it was, where that can be told for certain.

Only what the server was never sent can be cancelled. What it is taken back to stands in the log: the event of the
change, whose "after" must still be what the record says. Locks and ends are never cancelled. A wish that this one
had replaced, and that never reached the server, waits again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError

from accounts import audit
from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, Alias, AuditEvent, ImportRow, Operation, PendingSecret, Status
from accounts.services.accounts import facts
from accounts.services.changing import account_for_change

_SHUTS = frozenset({Action.ACCOUNT_SUSPENDED, Action.ACCOUNT_ENDED, Action.STATE_CHANGED, Action.LOCK_UNDONE})
_PLAIN = frozenset({"name", "owner", "purpose", "note", "employee_number", "quota"})

Values = dict[str, Any]


@transaction.atomic
def cancel_operation(operation_id: UUID, *, by: Actor, now: datetime) -> Account | None:
    """Take back a change that has not begun; None where the account itself was what had not begun.

    :raises RuleBroken: if it has begun, shuts something, or the record cannot be told back
    """
    account_id = Operation.objects.filter(pk=operation_id).values_list("account", flat=True).first()
    if account_id is None:
        raise RuleBroken(
            "operation_not_cancellable" if Operation.objects.filter(pk=operation_id) else "no_such_operation"
        )
    account = account_for_change(account_id, by=by)
    operation = Operation.objects.select_for_update(of=("self",)).get(pk=operation_id)
    _require_waiting(operation)
    take_back = TAKEN_BACK.get(operation.cause)
    if take_back is None:
        raise RuleBroken("operation_shuts" if operation.cause in _SHUTS else "operation_not_cancellable")
    Operation.objects.filter(pk=operation.pk).update(status=Status.CANCELLED, settled_at=now)
    before, after = facts(account), take_back(account, operation, now)
    _log(account, before, after, by=by, now=now)
    if after:
        _wait_again(operation, now)
        return account
    _erase(account)
    return None


def _require_waiting(operation: Operation) -> None:
    if not operation.is_unbegun:
        raise RuleBroken("operation_begun")


def _not_edited(account: Account, operation: Operation, _now: datetime) -> Values:
    """Take an edit back; a move to another campaign or profile changed more than the log tells."""
    before, after = _told(account, operation)
    if set(after) - _PLAIN - {"aliases"}:
        raise RuleBroken("operation_not_cancellable")
    _require_unmoved(after, facts(account))
    for name in before.keys() & _PLAIN:
        setattr(account, name, before[name])
    if "aliases" in before:
        _put_back_aliases(account, before["aliases"])
    return _saved(account)


def _not_moved(account: Account, operation: Operation, now: datetime) -> Values:
    """Take a later end back; an earlier one is an end, and those stand. A campaign's end is moved by the campaign."""
    before, after = _told(account, operation)
    if account.follows_campaign or set(after) - {"state", "ends_at"} or "ends_at" not in after:
        raise RuleBroken("operation_not_cancellable")
    was, is_now = datetime.fromisoformat(before["ends_at"]), datetime.fromisoformat(after["ends_at"])
    if is_now < was:
        raise RuleBroken("operation_shuts")
    if _whole(account.ends_at) != _whole(is_now):
        raise RuleBroken("operation_moved_on")
    account.live(replace(account.life, ends_at=was), now)
    return _saved(account)


def _not_purged(account: Account, _operation: Operation, now: datetime) -> Values:
    account.live(replace(account.life, purged=False), now)
    return _saved(account)


def _not_given_a_password(account: Account, operation: Operation, _now: datetime) -> Values:
    """Drop the new password; where it had replaced one that waited too, there is nothing to go back to."""
    if _replaced(operation).filter(cause=Action.PASSWORD_SET).exists():
        raise RuleBroken("operation_not_cancellable")
    PendingSecret.objects.filter(account=account).delete()
    return _saved(account)


def _not_looked_at(account: Account, _operation: Operation, _now: datetime) -> Values:
    return facts(account)


def _not_opened(account: Account, operation: Operation, _now: datetime) -> Values:
    """Nothing was ever asked of the server, so no mailbox and no mail can be there: the record can go."""
    if account.mailbox_asked_at or _replaced(operation).exists() or _is_in_a_job(account):
        raise RuleBroken("operation_not_cancellable")
    return {}


TAKEN_BACK: dict[str, Callable[[Account, Operation, datetime], Values]] = {
    Action.ACCOUNT_CREATED: _not_opened,
    Action.ACCOUNT_EDITED: _not_edited,
    Action.TERM_CHANGED: _not_moved,
    Action.ACCOUNT_PURGED: _not_purged,
    Action.PASSWORD_SET: _not_given_a_password,
    Action.CHECK_ASKED: _not_looked_at,
}


def _told(account: Account, operation: Operation) -> tuple[Values, Values]:
    """Return what the log says of the change that an operation follows."""
    events = AuditEvent.objects.filter(account_id=account.pk, action=operation.cause, at__lte=operation.created_at)
    event = events.select_related("detail").order_by("-id").first()
    if event is None or event.at != operation.created_at or not event.detail.before or not event.detail.after:
        raise RuleBroken("operation_not_cancellable")
    return dict(event.detail.before), dict(event.detail.after)


def _require_unmoved(after: Values, is_now: Values) -> None:
    if any(is_now[name] != value for name, value in after.items()):
        raise RuleBroken("operation_moved_on")


def _put_back_aliases(account: Account, wanted: list[str]) -> None:
    account.aliases.exclude(address__in=wanted).delete()
    missing = set(wanted) - set(account.aliases.values_list("address", flat=True))
    taken = (
        Alias.objects.filter(address__in=missing).exists() or Account.everywhere.filter(address__in=missing).exists()
    )
    if taken:
        raise RuleBroken("operation_moved_on")
    Alias.objects.bulk_create(Alias(account=account, address=alias) for alias in sorted(missing))


def _saved(account: Account) -> Values:
    account.version += 1
    account.save()
    return facts(account)


def _replaced(operation: Operation) -> Any:
    """Return the wishes that this one had replaced, and that were never carried out."""
    earlier = Operation.objects.filter(account=operation.account_id, created_at__lte=operation.created_at)
    earlier = earlier.exclude(pk=operation.pk)
    done = earlier.filter(status=Status.DONE).order_by("-created_at").first()
    replaced = earlier.filter(status=Status.SUPERSEDED)
    return replaced.filter(created_at__gt=done.created_at) if done else replaced


def _wait_again(operation: Operation, now: datetime) -> None:
    last = _replaced(operation).order_by("-created_at").first()
    if last:
        Operation.objects.filter(pk=last.pk).update(status=Status.PENDING, settled_at=None, due_at=now)


def _is_in_a_job(account: Account) -> bool:
    """Say whether a job or a sheet has a row about it, which would go with the account and make the report wrong."""
    return account.batch_rows.exists() or ImportRow.objects.filter(account=account).exists()


def _erase(account: Account) -> None:
    account.operations.all().delete()
    try:
        account.delete()
    except ProtectedError:
        raise RuleBroken("operation_not_cancellable") from None


def _log(account: Account, before: Values, after: Values, *, by: Actor, now: datetime) -> None:
    differs = [name for name in before if not after or before[name] != after[name]]
    audit.record(
        Action.OPERATION_CANCELLED,
        by=by,
        at=now,
        account=account,
        before={name: before[name] for name in differs},
        after={name: after[name] for name in differs} if after else {},
    )


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
