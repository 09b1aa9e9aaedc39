"""Carrying out batches: take waiting rows with a lease, and let each settle alone.

A row is one transaction: its end, and what its handler changes. Where a kind of batch knows how to do several at
once they share one, and each that is not done there has its own afterwards. A worker that is killed leaves a row
either as it was or done, so what another worker takes up after the lease happens once. The mail server has no part in
this: handlers call services, and the outbox makes the server follow.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, IntegrityError, OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.models import OPEN_ROWS, Batch, BatchRow, BatchState, RowStatus
from accounts.queries.sentences import explain
from accounts.services import batch_starts, bulk, campaigns, profiles
from accounts.services.batches import Handler, HandlerOfMany

log = logging.getLogger(__name__)

PAGE = 50
_TRIES_AFTER_A_CLASH = 3
_WORTH_IT = 2

Clock = Callable[[], datetime]


HANDLERS: dict[str, Handler] = {
    bulk.KIND: bulk.carry_out,
    campaigns.KIND: campaigns.carry_out,
    profiles.KIND: profiles.carry_out,
}
"""Who carries out the rows of which kind of batch; the modules that plan a kind bring its handler along."""

TOGETHER: dict[str, HandlerOfMany] = {}
"""Which kinds of batch can carry out several rows at once; their modules bring it along too."""


def work(clock: Clock, *, limit: int = PAGE) -> int:
    """Start what waits for it, and carry out up to `limit` rows of each running batch; return how much that was.

    Batches take turns, so a small one does not wait for a large one.
    """
    taken = int(batch_starts.start_next(clock))
    running = list(Batch.objects.running().order_by("pk"))
    if not running:
        return taken  # asked each second: nothing is written then
    for batch in running:
        rows = _claim(batch, limit, clock())
        done = _carry_out_together(batch, rows, clock)
        for row in rows:
            if row.pk not in done:
                _carry_out(batch, row, clock)
        taken += len(rows)
    _finish(clock())
    return taken


def is_idle() -> bool:
    """Say whether no batch is to be started, no row waits, and none is under way in another process."""
    if Batch.everywhere.starting().exists():
        return False
    return not BatchRow.objects.filter(batch__in=Batch.objects.running(), status__in=OPEN_ROWS).exists()


def free_leases(now: datetime) -> None:
    """Let go of everything that workers hold: whoever calls this knows that they are dead."""
    BatchRow.objects.filter(status=RowStatus.RUNNING).update(leased_until=now)
    batch_starts.free_leases(now)


@transaction.atomic
def _claim(batch: Batch, limit: int, now: datetime) -> list[BatchRow]:
    """Take rows for this worker alone, in their order."""
    skip_locked = bool(transaction.get_connection().features.has_select_for_update_skip_locked)
    free = batch.rows.free(now).order_by("position").select_for_update(skip_locked=skip_locked)
    ids = list(free.values_list("pk", flat=True)[:limit])
    lease = uuid4()
    BatchRow.objects.filter(pk__in=ids).update(
        status=RowStatus.RUNNING, lease=lease, leased_until=now + settings.OUTBOX_LEASE, attempts=F("attempts") + 1
    )
    return list(BatchRow.objects.filter(lease=lease).order_by("position")) if ids else []


def _carry_out_together(batch: Batch, rows: list[BatchRow], clock: Clock) -> set[int]:
    """Do at once what can be, and return which rows that were; where it stumbles nothing was done, and each goes alone.

    Whatever it is: alone, the row that it comes from is told, and a database that is away is away there too.
    """
    if batch.kind not in TOGETHER or len(rows) < _WORTH_IT:
        return set()
    try:
        return _do_together(batch, rows, clock())
    except (RuleBroken, SeveralRulesBroken, DatabaseError):
        return set()
    except Exception:
        log.exception("Rows of batch %s are carried out one by one.", batch.pk)
        return set()


@transaction.atomic
def _do_together(batch: Batch, rows: list[BatchRow], now: datetime) -> set[int]:
    """Do several rows and write their ends: all of it or nothing is kept. Rows whose lease was lost are let be."""
    ours = BatchRow.objects.select_for_update().filter(
        pk__in=[row.pk for row in rows], lease=rows[0].lease, status=RowStatus.RUNNING
    )
    held = set(ours.values_list("pk", flat=True))
    outcomes = TOGETHER[batch.kind]([row for row in rows if row.pk in held], batch.by, now)
    done = [row for row in rows if row.pk in outcomes]
    for row in done:
        outcome = outcomes[row.pk]
        row.status, row.error = (RowStatus.SKIPPED if outcome.skipped else RowStatus.DONE), outcome.skipped
        row.account, row.settled_at = outcome.account or row.account, now
        row.lease = row.leased_until = None
    BatchRow.objects.write_back(done, ["status", "error", "account", "settled_at", "lease", "leased_until"])
    return set(outcomes)


def _carry_out(batch: Batch, row: BatchRow, clock: Clock) -> None:
    """Do one row, whatever it stumbles over: the others do not suffer for it."""
    try:
        _do(batch, row, clock())
    except (RuleBroken, SeveralRulesBroken) as rule:
        _fail(row, explain(rule), _field(rule), clock())
    except IntegrityError:
        _clashed(row, clock())
    except OperationalError:
        raise  # The database is away: the row is taken up again after its lease.
    except Exception:
        log.exception("Row %s of batch %s failed.", row.position, batch.pk)
        _fail(
            row,
            _("The panel stumbled over this row; nothing of it was changed. The log of the panel says why."),
            "",
            clock(),
        )


@transaction.atomic
def _do(batch: Batch, row: BatchRow, now: datetime) -> None:
    """Write the end of the row, then do what it says: both or neither is kept.

    The end comes first: on it turns who holds the row, and a worker whose lease was lost does nothing at all.
    """
    if not _settle(row, status=RowStatus.DONE, settled_at=now):
        return
    row.batch = batch
    outcome = HANDLERS[batch.kind](row, batch.by, now)
    if outcome.skipped:
        BatchRow.objects.filter(pk=row.pk).update(status=RowStatus.SKIPPED, error=outcome.skipped)
    if outcome.account and outcome.account.pk != row.account_id:
        BatchRow.objects.filter(pk=row.pk).update(account=outcome.account)


def _clashed(row: BatchRow, now: datetime) -> None:
    """Somebody wrote the same thing at the same moment: look again, and the rules can say what is wrong."""
    if row.attempts < _TRIES_AFTER_A_CLASH:
        _settle(row, status=RowStatus.WAITING)
    else:
        _fail(row, _("Somebody changes the same at this moment. Try it again."), "", now)


def _fail(row: BatchRow, error: str, field: str, now: datetime) -> None:
    _settle(row, status=RowStatus.FAILED, error=error, error_field=field[:40], settled_at=now)


def _settle(row: BatchRow, **changes: object) -> bool:
    """Write how a row ended, unless its lease was lost meanwhile; say whether it was written."""
    ours = BatchRow.objects.filter(pk=row.pk, lease=row.lease, status=RowStatus.RUNNING)
    return bool(ours.update(lease=None, leased_until=None, **changes))


def _finish(now: datetime) -> None:
    """Close the batches of which every row is settled; also those whose worker died just before it could."""
    Batch.objects.running().all_settled().update(state=BatchState.DONE, finished_at=now)


def _field(rule: RuleBroken | SeveralRulesBroken) -> str:
    first = rule.broken[0] if isinstance(rule, SeveralRulesBroken) else rule
    return first.field or ""
