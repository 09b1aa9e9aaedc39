"""Writing an operation down, in the transaction of the change that it follows."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from accounts.models import Account, Operation, Status, Subject
from accounts.models.operation import KINDS

RUN_OPERATIONS = "accounts.run_operations"


def record(*, cause: str, now: datetime, subject: Subject, request_id: str = "") -> Operation:
    """Ask for the world to agree with our record of one subject; an older wish that still waits is superseded."""
    kind, column = KINDS[type(subject)]
    operation = Operation(
        **{column: subject}, kind=kind, cause=cause, due_at=now, created_at=now, request_id=request_id
    )
    with transaction.atomic():
        waiting = Operation.objects.about(subject).filter(status=Status.PENDING)
        waiting.update(status=Status.SUPERSEDED, settled_at=now)
        operation.save(force_insert=True)
        transaction.on_commit(wake)
    return operation


def supersede(account: Account, now: datetime) -> None:
    """Let go of what failed for this account: a newer wish takes its place."""
    Operation.objects.filter(account=account, status=Status.FAILED).update(status=Status.SUPERSEDED, settled_at=now)


def wake() -> None:
    """Tell a worker. Losing this loses nothing: the next tick finds the row; embedded, the runner polls."""
    if settings.EMBEDDED:
        return
    # Imported here: an embedded panel never loads Celery.
    from celery import current_app  # noqa: PLC0415
    from kombu.exceptions import OperationalError  # noqa: PLC0415

    try:
        current_app.send_task(RUN_OPERATIONS, ignore_result=True, retry=False)
    except OperationalError:
        # The broker is away. The change is safe in the database, and the answer must not wait for Redis.
        return
