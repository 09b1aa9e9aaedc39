"""Everything that waits for the mail server, the oldest first, and what of it can still be cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from accounts.audit import Action
from accounts.models import Operation, Status
from accounts.queries import operations, words

SHOWN = 200
CANCELLABLE = frozenset(
    {
        Action.ACCOUNT_CREATED,
        Action.ACCOUNT_EDITED,
        Action.TERM_CHANGED,
        Action.ACCOUNT_PURGED,
        Action.PASSWORD_SET,
        Action.CHECK_ASKED,
    }
)
"""Causes whose change the log can tell back (services/cancelling.py looks closer)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    row: operations.OperationRow
    address: str
    age: str
    can_cancel: bool
    is_opening: bool
    """Cancelling it takes the whole account away again."""


@dataclass(frozen=True, slots=True)
class Queue:
    rows: list[Waiting]
    number: int

    @property
    def more(self) -> int:
        return self.number - len(self.rows)


def waiting(now: datetime) -> Queue:
    found = _open().order_by("created_at")
    return Queue([_waiting(operation, now) for operation in found[:SHOWN]], found.count())


def one(operation_id: UUID, now: datetime) -> Waiting | None:
    """Return one change that waits; None where it does not any more."""
    found = _open().filter(pk=operation_id, status=Status.PENDING).first()
    return _waiting(found, now) if found else None


def was_asked(operation_id: UUID) -> bool:
    """Say whether there is, or was, such a change."""
    return Operation.objects.filter(pk=operation_id).exists()


def _open() -> QuerySet[Operation]:
    return Operation.objects.open().select_related("account", "domain")


def _waiting(operation: Operation, now: datetime) -> Waiting:
    return Waiting(
        row=operations.row(operation, now),
        address=operation.account.address if operation.account else "",
        age=words.lasting(now - operation.created_at),
        can_cancel=operation.is_unbegun and operation.cause in CANCELLABLE,
        is_opening=operation.cause == Action.ACCOUNT_CREATED,
    )
