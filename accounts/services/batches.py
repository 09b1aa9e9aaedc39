"""Batches: a plan of many changes is written down, looked at, started, and stopped or tried again.

Workers carry it out row by row (batch_work.py). What a plan holds, and how one row of it is carried out, is the
matter of whoever makes it (bulk changes, imports, campaigns).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction

from accounts import audit, outbox
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, Batch, BatchRow, BatchState, RowStatus
from accounts.queries import batches as queries
from accounts.services import operations

RUN_BATCHES = "accounts.run_batches"
PLANS_KEPT = timedelta(days=7)
"""A plan that nobody started is forgotten after this long."""
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One row of a plan. Its handler is told `plan`, plain values; a row with `skipped` only says why not."""

    subject: str
    account_id: int | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a handler did: the account that the row is about, and why there was nothing to do, if so."""

    account: Account | None = None
    skipped: str = ""


Handler = Callable[[BatchRow, Actor, datetime], Outcome]
"""Carries out one row by calling services, inside the row's transaction; it makes sure of what should be so, as it
may run again. Where it raises RuleBroken or SeveralRulesBroken the row fails, and what it had changed is undone.
"""
HandlerOfMany = Callable[[Sequence[BatchRow], Actor, datetime], Mapping[int, Outcome]]
"""Carries out what it can of several rows in one transaction, and returns what became of those, by their keys; the
others are carried out one by one. Where it raises anything, so are all.
"""


@transaction.atomic
def plan_batch(
    kind: str,
    rows: Iterable[PlannedRow],
    *,
    title: str,
    by: Actor,
    now: datetime,
    params: Mapping[str, Any] | None = None,
) -> Batch:
    """Write a plan down, in flat memory; nothing happens before it is started."""
    batch = Batch(kind=kind, title=title[:200], params=dict(params or {}), created_at=now)
    batch.answer_for(by)
    batch.save(force_insert=True)
    add_rows(batch, rows, now=now)
    return batch


def add_rows(batch: Batch, rows: Iterable[PlannedRow], *, now: datetime, after: int = 0) -> None:
    """Write rows of a plan down, behind those that it has."""
    numbered = enumerate(rows, start=after + 1)
    while some := [_row(batch, position, row, now) for position, row in islice(numbered, _AT_ONCE)]:
        BatchRow.objects.bulk_create(some)


@transaction.atomic
def ask_for(kind: str, *, title: str, by: Actor, now: datetime, params: Mapping[str, Any]) -> Batch:
    """Write down that somebody started a job whose rows a worker is to plan (batch_starts.py)."""
    batch = plan_batch(kind, (), title=title, by=by, now=now, params=params)
    batch.state, batch.started_at = BatchState.STARTING, now
    batch.save(update_fields=["state", "started_at"])
    transaction.on_commit(partial(outbox.wake, RUN_BATCHES))
    return batch


@transaction.atomic
def run_planned(asked: Batch, *, now: datetime) -> None:
    """Let a job run whose rows are all planned by now, in the name of whoever asked for it."""
    batch = Batch.everywhere.select_for_update().get(pk=asked.pk)
    _run(batch, audit.Action.JOB_STARTED, by=batch.by, now=now, rows=batch.rows.count())


@transaction.atomic
def start(batch_id: int, *, by: Actor, now: datetime, typed: int | None = None) -> Batch:
    """Begin, or go on after a stop. The second of two presses of the button starts nothing twice.

    :raises RuleBroken: if there is no such batch, or `type_the_number` where the brake wants another one typed
    """
    batch = _batch_for_change(batch_id, by)
    if batch.state not in {BatchState.PLANNED, BatchState.STOPPED}:
        return batch
    if batch.is_planned and batch.number_to_type not in {None, typed}:
        raise RuleBroken("type_the_number", field="number", number=batch.number_to_type)
    # Whoever starts it answers for it.
    batch.answer_for(by)
    _run(batch, audit.Action.JOB_STARTED, by=by, now=now, rows=batch.rows.filter(status=RowStatus.WAITING).count())
    return batch


@transaction.atomic
def stop(batch_id: int, *, by: Actor, now: datetime) -> Batch:
    """Take no further rows; what is under way settles, what waits can be gone on with by `start`.

    :raises RuleBroken: if it does not run
    """
    batch = _batch_for_change(batch_id, by)
    if batch.state != BatchState.RUNNING:
        raise RuleBroken("batch_not_running")
    batch.state = BatchState.STOPPED
    batch.save(update_fields=["state"])
    audit.record(audit.Action.JOB_STOPPED, by=by, at=now, subject=batch.title)
    return batch


@transaction.atomic
def retry_failed(batch_id: int, *, by: Actor, now: datetime) -> int:
    """Try again what failed: rows that a rule refused, and changes that the mail server refused. Return how many.

    :raises RuleBroken: if nothing failed, or it was not started yet
    """
    batch = _batch_for_change(batch_id, by)
    if batch.state in {BatchState.PLANNED, BatchState.STARTING}:
        raise RuleBroken("batch_not_running")
    rows = batch.rows.failed().update(status=RowStatus.WAITING, retried=True, error="", error_field="", settled_at=None)
    refused = list(queries.refused(batch).values_list("pk", flat=True))
    for operation in refused:
        operations.retry_operation(operation, by=by, now=now)
    if not rows and not refused:
        raise RuleBroken("nothing_failed")
    _run(batch, audit.Action.JOB_RETRIED, by=by, now=now, rows=rows + len(refused))
    return rows + len(refused)


def forget_old_plans(now: datetime) -> int:
    """Delete plans that nobody started for a week: they hold names that nobody needs any more."""
    old = Batch.objects.filter(state=BatchState.PLANNED, created_at__lte=now - PLANS_KEPT)
    return old.delete()[0]


def _batch_for_change(batch_id: int, by: Actor) -> Batch:
    batch = Batch.objects.within(by.reach).select_for_update().filter(pk=batch_id).first()
    if batch is None:
        raise RuleBroken("no_such_batch")
    return batch


def _run(batch: Batch, action: audit.Action, *, by: Actor, now: datetime, rows: int) -> None:
    batch.state, batch.started_at, batch.finished_at = BatchState.RUNNING, now, None
    batch.save()
    reason = str(batch.params.get("reason", ""))
    audit.record(action, by=by, at=now, subject=batch.title, reason=reason, after={"rows": rows})
    transaction.on_commit(partial(outbox.wake, RUN_BATCHES))


def _row(batch: Batch, position: int, row: PlannedRow, now: datetime) -> BatchRow:
    return BatchRow(
        batch=batch,
        position=position,
        account_id=row.account_id,
        subject=row.subject[:254],
        plan=dict(row.plan),
        status=RowStatus.SKIPPED if row.skipped else RowStatus.WAITING,
        error=row.skipped,
        settled_at=now if row.skipped else None,
    )
