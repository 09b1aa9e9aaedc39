"""Writing down how a try went: the operation, what the server was seen to have, and the log."""

from __future__ import annotations

import logging
import random
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
    accounts = Account.objects.select_for_update().filter(pk__in=[job.account.pk for job in jobs]).order_by("pk")
    known_now = dict(accounts.values_list("pk", "mailbox_known"))
    ended = [job for job in jobs if finish(job.operation, job.error, now)]
    for job in ended:
        _remember(job, known_now[job.account.pk], now)
        if job.secret_arrived or job.error is None:
            _forget_secret(job)
        if job.error is None and job.account.groups_to_leave and Field.GROUPS not in job.foreign:
            _forget_groups(job)
        _log(job, now)
    drifts.note([found for job in ended if (found := _found(job))], now)
    drifts.went_away([job.account.pk for job in ended if job.error is None and job.after and not job.foreign], now)


def finish(operation: Operation, error: StalwartError | NotSent | None, now: datetime) -> bool:
    """Settle an operation, or say when it is tried again; False if the lease was lost."""
    is_ours = _settle(operation, error, now)
    with on_request(operation.request_id):
        outcome = error.code if error else "done"
        log.info("Operation %s (%s), try %s: %s", operation.pk, operation.kind, operation.attempts, outcome)
    return is_ours


def _settle(operation: Operation, error: StalwartError | NotSent | None, now: datetime) -> bool:
    if error is None:
        return lease.release(operation, status=Status.DONE, settled_at=now, error_code="", error="")
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


def _remember(job: Job, known_now: dict[str, Any], now: datetime) -> None:
    # After a failed call nothing was read, and what was known before still is the best there is.
    if job.error is not None and job.after is None and not job.is_gone:
        return
    columns = observe(job.after, now)
    if job.error is None and job.after:
        columns["mailbox_known"] = known.read_back(known_now, job.after, job.foreign)
    Account.objects.filter(pk=job.account.pk).update(**columns)


def _found(job: Job) -> drifts.Found | None:
    """Return what this operation met on the server and left alone."""
    account = job.account
    if job.is_gone and job.error:
        return drifts.Found(Difference.ONLY_HERE, account.address, {}, account.pk)
    if job.foreign and job.after and job.wanted:
        both = known.both_versions(job.wanted, job.after, job.foreign)
        return drifts.Found(Difference.DIFFERENT, account.address, both, account.pk)
    return None


def _forget_secret(job: Job) -> None:
    """Erase the hash that has arrived; a newer one stays."""
    if job.secret:
        PendingSecret.objects.filter(account=job.account, token=job.secret.token).delete()


def _forget_groups(job: Job) -> None:
    """The mailbox was seen outside of the groups that it was to leave; a newer wish to leave others stays."""
    left = Account.objects.filter(pk=job.account.pk, groups_to_leave=job.account.groups_to_leave)
    left.update(groups_to_leave=[])


def _log(job: Job, now: datetime) -> None:
    by = replace(OUTBOX, request_id=job.operation.request_id)
    if job.has_changed:
        before, after = _facts(job.before), _facts(job.after)
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        if job.secret_arrived:
            changed.add("password")
            after["password"] = "set"
        audit.record(
            audit.Action.MAILBOX_CHANGED,
            by=by,
            at=now,
            account=job.account,
            before={name: before[name] for name in changed if name in before},
            after={name: after[name] for name in changed if name in after},
        )
    if job.error and gives_up(job.error.code, job.operation.attempts):
        audit.record(
            audit.Action.MAILBOX_REFUSED,
            by=by,
            at=now,
            account=job.account,
            after={"error_code": job.error.code, "error": str(job.error)},
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
