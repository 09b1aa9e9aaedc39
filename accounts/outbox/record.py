"""Writing an operation down, in the transaction of the change that it follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import Operation, Status, Subject
from accounts.models.operation import KINDS
from accounts.outbox.wake import wake

RUN_OPERATIONS = "accounts.run_operations"


def record(*, cause: str, now: datetime, subject: Subject, request_id: str = "") -> Operation:
    """Ask for the world to agree with our record of one subject; an older wish that still waits is superseded."""
    return record_many(cause=cause, now=now, subjects=[subject], request_id=request_id)[0]


def record_many(*, cause: str, now: datetime, subjects: Sequence[Subject], request_id: str = "") -> list[Operation]:
    """Ask the same for several subjects of one kind, each of them once."""
    if not subjects:
        return []
    kind, column = KINDS[type(subjects[0])]
    operations = [
        Operation(**{column: subject}, kind=kind, cause=cause, due_at=now, created_at=now, request_id=request_id)
        for subject in subjects
    ]
    with transaction.atomic():
        waiting = Operation.everywhere.filter(**{f"{column}__in": subjects}, status=Status.PENDING)
        waiting.update(status=Status.SUPERSEDED, settled_at=now)
        Operation.objects.bulk_create(operations)
        transaction.on_commit(partial(wake, RUN_OPERATIONS))
    return operations


def supersede(subject: Subject, now: datetime) -> None:
    """Let go of what failed for this subject: a newer wish takes its place."""
    failed = Operation.everywhere.about(subject).filter(status=Status.FAILED)
    failed.update(status=Status.SUPERSEDED, settled_at=now)
