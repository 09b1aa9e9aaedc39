"""Writing an operation down, in the transaction of the change that it follows."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from accounts.models import Operation, Status, Subject
from accounts.models.operation import KINDS
from accounts.outbox.wake import wake

RUN_OPERATIONS = "accounts.run_operations"


def record(*, cause: str, now: datetime, subject: Subject, request_id: str = "") -> Operation:
    """Ask for the world to agree with our record of one subject; an older wish that still waits is superseded."""
    kind, column = KINDS[type(subject)]
    operation = Operation(
        **{column: subject}, kind=kind, cause=cause, due_at=now, created_at=now, request_id=request_id
    )
    with transaction.atomic():
        waiting = Operation.everywhere.about(subject).filter(status=Status.PENDING)
        waiting.update(status=Status.SUPERSEDED, settled_at=now)
        operation.save(force_insert=True)
        transaction.on_commit(partial(wake, RUN_OPERATIONS))
    return operation


def supersede(subject: Subject, now: datetime) -> None:
    """Let go of what failed for this subject: a newer wish takes its place."""
    failed = Operation.everywhere.about(subject).filter(status=Status.FAILED)
    failed.update(status=Status.SUPERSEDED, settled_at=now)
