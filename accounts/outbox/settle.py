"""Writing down how a try went: the operation, what the server was seen to have, and the log."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.domain.drift import Difference, Field
from accounts.domain.people import OUTBOX
from accounts.domain.requests import on_request
from accounts.domain.retry import gives_up, next_try
from accounts.models import Account, Operation, PendingSecret, Status
from accounts.outbox import drifts, known, lease
from accounts.outbox.mailboxes import Job
from accounts.outbox.notices import NotSent
from stalwart_client import Busy, Mailbox, StalwartError

log = logging.getLogger(__name__)


@transaction.atomic
def settle(jobs: list[Job], now: datetime) -> None:
    """Write the end of a batch. A job whose lease was lost writes nothing: somebody else tells its end."""
    locked = Account.objects.select_for_update().filter(pk__in=[job.account.pk for job in jobs]).order_by("pk")
    accounts = {account.pk: account for account in locked}
    ended = _ended(jobs, now)
    _remember(ended, accounts, now)
    _forget_secrets(ended)
    for job in ended:
        if job.error is None and job.account.groups_to_leave and Field.GROUPS not in job.foreign:
            _forget_groups(job)
    audit.record_many(entry for job in ended for entry in _entries(job, now))
    drifts.note([found for job in ended if (found := _found(job))], now)
    drifts.went_away([job.account.pk for job in ended if job.error is None and job.after and not job.foreign], now)


def _ended(jobs: list[Job], now: datetime) -> list[Job]:
    """Settle the operations of these jobs, and return those whose lease we still had."""
    well = [job.operation for job in jobs if job.error is None]
    done = lease.release_all(well, **_done(now))
    for operation in well:
        _say(operation, None)
    return [job for job in jobs if job.operation.pk in done or (job.error and finish(job.operation, job.error, now))]


def finish(operation: Operation, error: StalwartError | NotSent | None, now: datetime) -> bool:
    """Settle an operation, or say when it is tried again; False if the lease was lost."""
    is_ours = _settle(operation, error, now)
    _say(operation, error)
    return is_ours


def _say(operation: Operation, error: StalwartError | NotSent | None) -> None:
    with on_request(operation.request_id):
        outcome = error.code if error else "done"
        log.info("Operation %s (%s), try %s: %s", operation.pk, operation.kind, operation.attempts, outcome)


def _done(now: datetime) -> dict[str, Any]:
    return {"status": Status.DONE, "settled_at": now, "error_code": "", "error": ""}


def _settle(operation: Operation, error: StalwartError | NotSent | None, now: datetime) -> bool:
    if error is None:
        return lease.release(operation, **_done(now))
    told = {"error_code": error.code, "error": str(error)}
    if gives_up(error.code, operation.attempts):
        return lease.release(operation, status=Status.FAILED, settled_at=now, **told)
    if Operation.objects.siblings(operation).filter(status=Status.PENDING).exists():
        # A newer wish came in meanwhile and says all that this one could.
        return lease.release(operation, status=Status.SUPERSEDED, settled_at=now, **told)
    retry_after = error.retry_after if isinstance(error, Busy) else None
    due_at = next_try(error.code, operation.attempts, now, spread=random.random(), retry_after=retry_after)  # noqa: S311
    return lease.release(operation, status=Status.PENDING, due_at=due_at, **told)


def observe(mailbox: Mailbox | None, now: datetime) -> dict[str, Any]:
    """Return the columns that say what the server was seen to have."""
    return {
        "mailbox_exists": mailbox is not None,
        "mailbox_locked": mailbox.locked if mailbox else None,
        "mailbox_deadline": mailbox.deadline if mailbox else None,
        "mailbox_used": mailbox.used if mailbox else None,
        "mailbox_id": mailbox.id if mailbox else "",
        "mailbox_seen_at": now,
    }


def _remember(jobs: list[Job], accounts: dict[int, Account], now: datetime) -> None:
    """Write down what was read; after a failed call, what was known before still is the best there is."""
    read = [job for job in jobs if job.error is None or job.after or job.is_gone]
    for job in read:
        account = accounts[job.account.pk]
        for name, value in observe(job.after, now).items():
            setattr(account, name, value)
        if job.error is None and job.after:
            account.mailbox_known = known.read_back(account.mailbox_known, job.after, job.foreign)
    columns = [*observe(None, now), "mailbox_known"]
    Account.objects.write_back([accounts[job.account.pk] for job in read], columns)


def _found(job: Job) -> drifts.Found | None:
    """Return what this operation met on the server and left alone."""
    account = job.account
    if job.is_gone and job.error:
        return drifts.Found(Difference.ONLY_HERE, account.address, {}, account.pk)
    if job.foreign and job.after and job.wanted:
        both = known.both_versions(job.wanted, job.after, job.foreign)
        return drifts.Found(Difference.DIFFERENT, account.address, both, account.pk)
    return None


def _forget_secrets(jobs: list[Job]) -> None:
    """Erase the hashes that have arrived; newer ones stay."""
    arrived = [job.secret.token for job in jobs if job.secret and (job.secret_arrived or job.error is None)]
    PendingSecret.objects.filter(token__in=arrived).delete()


def _forget_groups(job: Job) -> None:
    """The mailbox was seen outside of the groups that it was to leave; a newer wish to leave others stays."""
    left = Account.objects.filter(pk=job.account.pk, groups_to_leave=job.account.groups_to_leave)
    left.update(groups_to_leave=[])


def _entries(job: Job, now: datetime) -> Iterator[audit.Entry]:
    """Return what the log is told: what the server took, and what it will not take."""
    entry = audit.Entry(
        action=audit.Action.MAILBOX_CHANGED,
        by=replace(OUTBOX, request_id=job.operation.request_id),
        at=now,
        account=job.account,
    )
    if job.has_changed:
        before, after = _changed(job)
        yield replace(entry, before=before, after=after)
    if job.error and gives_up(job.error.code, job.operation.attempts):
        said = {"error_code": job.error.code, "error": str(job.error)}
        yield replace(entry, action=audit.Action.MAILBOX_REFUSED, after=said)


def _changed(job: Job) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what differs between before and after."""
    before, after = _facts(job.before), _facts(job.after)
    changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    if job.secret_arrived:
        changed.add("password")
        after["password"] = "set"
    return (
        {name: before[name] for name in changed if name in before},
        {name: after[name] for name in changed if name in after},
    )


def _facts(mailbox: Mailbox | None) -> dict[str, Any]:
    """What the log keeps of a mailbox: nothing that can open it, nothing that changes by itself."""
    if mailbox is None:
        return {}
    return {
        "address": mailbox.address,
        "name": mailbox.name,
        "aliases": list(mailbox.aliases),
        "quota": mailbox.quota,
        "locked": mailbox.locked,
        "denials": sorted(mailbox.denials),
        "deadline": mailbox.deadline,
        "groups": list(mailbox.groups),
        "has_password": mailbox.has_password,
        "app_passwords": sorted(app.name for app in mailbox.app_passwords),
    }
