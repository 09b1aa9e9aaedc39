"""Who works on an operation: a lease that one conditional UPDATE takes and a dead worker loses by time."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Operation, Status


def claim(operations: QuerySet[Operation], *, limit: int, now: datetime) -> list[Operation]:
    """Take up to `limit` operations, at most one a subject, for this worker alone."""
    taken: list[Operation] = []
    subjects: set[tuple[int | None, ...]] = set()
    for operation in operations[:limit]:
        if operation.subject_key in subjects or not _take(operation, now):
            continue
        subjects.add(operation.subject_key)
        taken.append(operation)
    return taken


def renew(operations: list[Operation], now: datetime) -> list[Operation]:
    """Lengthen the leases, and return those that are still ours."""
    leases = {operation.lease for operation in operations}
    Operation.objects.filter(lease__in=leases, status=Status.RUNNING).update(leased_until=now + settings.OUTBOX_LEASE)
    held = set(Operation.objects.filter(lease__in=leases, status=Status.RUNNING).values_list("pk", flat=True))
    return [operation for operation in operations if operation.pk in held]


def release(operation: Operation, **changes: object) -> bool:
    """Write the end of a try, unless the lease was lost meanwhile; say whether it was written."""
    ours = Operation.objects.filter(pk=operation.pk, lease=operation.lease, status=Status.RUNNING)
    return bool(ours.update(lease=None, leased_until=None, **changes))


def _take(operation: Operation, now: datetime) -> bool:
    lease = uuid4()
    free = Q(status=Status.PENDING) | Q(status=Status.RUNNING, leased_until__lte=now)
    try:
        with transaction.atomic():
            won = Operation.objects.filter(free, pk=operation.pk).update(
                status=Status.RUNNING, lease=lease, leased_until=now + settings.OUTBOX_LEASE, attempts=F("attempts") + 1
            )
    except IntegrityError:
        return False  # another operation of this subject runs, or was left running and comes first
    if won:
        operation.status, operation.lease, operation.attempts = Status.RUNNING, lease, operation.attempts + 1
    return bool(won)
