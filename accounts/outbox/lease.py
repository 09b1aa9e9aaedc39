"""Who works on an operation: a lease that one conditional UPDATE takes and a dead worker loses by time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Operation, Status


def claim(operations: QuerySet[Operation], *, limit: int, now: datetime) -> list[Operation]:
    """Take up to `limit` operations, at most one a subject, for this worker alone."""
    first: dict[tuple[int | None, ...], Operation] = {}
    for operation in operations[:limit]:
        first.setdefault(operation.subject_key, operation)
    try:
        return _take(list(first.values()), now)
    except IntegrityError:
        # Another operation of one of these subjects runs, or was left running and comes first.
        return [taken for operation in first.values() for taken in _take_alone(operation, now)]


def renew(operations: list[Operation], now: datetime) -> list[Operation]:
    """Lengthen the leases, and return those that are still ours."""
    leases = {operation.lease for operation in operations}
    Operation.objects.filter(lease__in=leases, status=Status.RUNNING).update(leased_until=now + settings.OUTBOX_LEASE)
    held = set(Operation.objects.filter(lease__in=leases, status=Status.RUNNING).values_list("pk", flat=True))
    return [operation for operation in operations if operation.pk in held]


def release(operation: Operation, **changes: object) -> bool:
    """Write the end of a try, unless the lease was lost meanwhile; say whether it was written."""
    return bool(release_all([operation], **changes))


@transaction.atomic
def release_all(operations: Sequence[Operation], **changes: object) -> set[UUID]:
    """Write the same end of several tries, each unless its lease was lost; return those it was written of."""
    leases = {operation.pk: operation.lease for operation in operations}
    running = Operation.objects.select_for_update().filter(pk__in=leases, status=Status.RUNNING).order_by("pk")
    ours = {pk for pk, lease in running.values_list("pk", "lease") if lease == leases[pk]}
    Operation.objects.filter(pk__in=ours).update(lease=None, leased_until=None, **changes)
    return ours


def _take_alone(operation: Operation, now: datetime) -> list[Operation]:
    try:
        return _take([operation], now)
    except IntegrityError:
        return []


@transaction.atomic
def _take(operations: Sequence[Operation], now: datetime) -> list[Operation]:
    """Take those of some operations that are still free, and say which; others are being taken by another worker."""
    free = Q(status=Status.PENDING) | Q(status=Status.RUNNING, leased_until__lte=now)
    there = Operation.objects.filter(free, pk__in=[operation.pk for operation in operations])
    skip_locked = bool(transaction.get_connection().features.has_select_for_update_skip_locked)
    won = set(there.select_for_update(skip_locked=skip_locked).values_list("pk", flat=True))
    taken, lease = [operation for operation in operations if operation.pk in won], uuid4()
    Operation.objects.filter(pk__in=won).update(
        status=Status.RUNNING, lease=lease, leased_until=now + settings.OUTBOX_LEASE, attempts=F("attempts") + 1
    )
    for operation in taken:
        operation.status, operation.lease, operation.attempts = Status.RUNNING, lease, operation.attempts + 1
    return taken
