"""The check behind the promise: is every mailbox that must be shut really shut, says the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import audit, mailserver
from accounts.domain.drift import Field
from accounts.domain.people import OUTBOX
from accounts.models import Account
from accounts.outbox.record import record
from accounts.outbox.settle import observe
from stalwart_client import Mailbox

_PAGE = 500


def check_locks(now: datetime) -> list[str]:
    """Read back every account that must be locked; lock again what stands open, and say which it was.

    :raises StalwartError: if the server does not answer
    """
    undone: list[str] = []
    for accounts in _pages():
        seen = mailserver.client().mailboxes_at({account.address: account.mailbox_id for account in accounts})
        undone += [account.address for account in accounts if _is_undone(account, seen.get(account.address), now)]
    return undone


def _pages() -> Iterator[list[Account]]:
    last = 0
    asked_for = Account.objects.to_be_locked().filter(mailbox_asked_at__isnull=False).order_by("pk")
    while accounts := list(asked_for.filter(pk__gt=last)[:_PAGE]):
        yield accounts
        last = accounts[-1].pk


@transaction.atomic
def _is_undone(account: Account, mailbox: Mailbox | None, now: datetime) -> bool:
    """Keep what was read; where the lock is gone and nothing on its way will set it, say so and lock again."""
    # Whoever read the mailbox after this check began knows better.
    unread = Q(mailbox_seen_at=None) | Q(mailbox_seen_at__lte=now)
    if not Account.objects.to_be_locked().filter(unread, pk=account.pk).update(**observe(mailbox, now)):
        return False
    return mailbox is not None and not mailbox.locked and lock_again(account, now)


@transaction.atomic
def lock_again(account: Account, now: datetime) -> bool:
    """Say in the log that a lock was undone from outside, and ask for it anew; not where a change is on its way."""
    if Field.LOCKED not in settings.PUT_RIGHT or account.operations.open().exists():
        return False
    audit.record(
        audit.Action.LOCK_UNDONE,
        by=OUTBOX,
        at=now,
        account=account,
        before={"locked": True},
        after={"locked": False},
    )
    record(cause=audit.Action.LOCK_UNDONE, now=now, subject=account)
    return True
