"""What a person can do about operations: try one again, all that wait, or ask for a fresh look at the server."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from accounts import audit, outbox
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, Operation, Pulse, Status
from accounts.models.pulse import SERVER_TICK
from accounts.services.changing import account_for_change


@transaction.atomic
def retry_operation(operation_id: UUID, *, by: Actor, now: datetime) -> Operation:
    """Try a failed operation again, or a waiting one now; it does what our record says today.

    :raises RuleBroken: if it is done, under way, or there is no such operation
    """
    operation = Operation.objects.within(by.reach).select_for_update(of=("self",)).filter(pk=operation_id).first()
    if operation is None:
        raise RuleBroken("no_such_operation")
    if operation.status not in {Status.FAILED, Status.PENDING}:
        raise RuleBroken("operation_settled")
    if operation.account:
        return _again(operation.account, operation.cause, audit.Action.OPERATION_RETRIED, by=by, now=now)
    operation.status, operation.settled_at = Status.SUPERSEDED, now
    operation.save()
    audit.record(audit.Action.OPERATION_RETRIED, by=by, at=now, subject=str(operation.subject))
    return outbox.record(cause=operation.cause, now=now, subject=operation.subject, request_id=by.request_id)


@transaction.atomic
def let_go(operation_id: UUID, *, now: datetime) -> None:
    """Stop wanting what the mail server refused of a message, a blocked address, a group or a list.

    :raises RuleBroken: if there is no such operation, or it has not failed
    """
    failed = Operation.objects.filter(pk=operation_id, status=Status.FAILED, wish__isnull=False)
    if not failed.update(status=Status.SUPERSEDED, settled_at=now):
        raise RuleBroken("no_such_operation")


@transaction.atomic
def check_account(account_id: int, *, by: Actor, now: datetime) -> Operation:
    """Read the mailbox back from the server, shut what must be shut, and show what a person changed there.

    :raises RuleBroken: if there is no such account
    """
    account = account_for_change(account_id, by=by)
    return _again(account, audit.Action.CHECK_ASKED, audit.Action.CHECK_ASKED, by=by, now=now)


@transaction.atomic
def try_all_now(*, by: Actor, now: datetime) -> int:
    """Have the worker ask the server at once, and try everything that waits; return how many changes wait."""
    waiting = Operation.objects.within(by.reach).filter(status=Status.PENDING)
    waiting.filter(due_at__gt=now).update(due_at=now)
    Pulse.objects.filter(name=SERVER_TICK).update(at=now - timedelta(minutes=1))
    audit.record(audit.Action.SERVER_ASKED, by=by, at=now)
    return waiting.count()


def _again(account: Account, cause: str, action: audit.Action, *, by: Actor, now: datetime) -> Operation:
    outbox.supersede(account, now)
    audit.record(action, by=by, at=now, account=account)
    return outbox.record(cause=cause, now=now, subject=account, request_id=by.request_id)
