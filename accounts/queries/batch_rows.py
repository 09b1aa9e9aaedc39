"""The rows of a batch as its page, its report and the commands show them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import OPEN_ROWS, Batch, BatchRow, Operation, RowStatus, Status
from accounts.models.batch import BatchRowQuerySet
from accounts.models.operation import OPEN
from accounts.queries import batches, paging, words
from accounts.queries.sentences import server_said

SIZE = 50
ORDER = paging.Order(("position",))
EXAMPLE = (0,)
_REPORT_PAGE = 1000


class Show(StrEnum):
    """Which rows are looked at."""

    FAILED = "failed"
    WILL = "will"
    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    ALL = "all"


_RESULTS: dict[str, Promise] = {
    RowStatus.WAITING: gettext_lazy("Waits its turn"),
    RowStatus.RUNNING: gettext_lazy("Under way"),
    RowStatus.DONE: gettext_lazy("Done, read back"),
    RowStatus.FAILED: gettext_lazy("Not done"),
    RowStatus.SKIPPED: gettext_lazy("Stays as it is"),
}
_MARKS: dict[str, str] = {
    RowStatus.WAITING: "scheduled",
    RowStatus.RUNNING: "scheduled",
    RowStatus.DONE: "active",
    RowStatus.FAILED: "bad",
    RowStatus.SKIPPED: "closed",
}


@dataclass(frozen=True, slots=True)
class JobRow:
    """One row in words: whom it is about, what changes, how it went."""

    position: int
    account_id: int | None
    name: str
    address: str
    changes: list[words.Change]
    result: str
    mark: str
    """The state or verdict whose colour and mark it has."""
    said: str
    """Why it failed, or why it stays as it is."""

    @property
    def has_failed(self) -> bool:
        return self.mark == "bad"


def find(batch: Batch, show: Show, cursor: paging.Cursor | None, now: datetime) -> paging.Page[JobRow]:
    """Return one page of rows, in the order of the plan."""
    found = chosen(batch, show)
    return paging.paged([found], ORDER, cursor, SIZE, lambda keys: _load(batch, [key[-1] for key in keys], now))


def chosen(batch: Batch, show: Show) -> BatchRowQuerySet:
    match show:
        case Show.FAILED:
            return batch.rows.filter(_has_failed(batch))
        case Show.WILL:
            return batch.rows.exclude(status=RowStatus.SKIPPED)
        case Show.WAITING:
            return batch.rows.filter(status__in=OPEN_ROWS)
        case Show.DONE:
            return batch.rows.filter(status=RowStatus.DONE)
        case Show.SKIPPED:
            return batch.rows.filter(status=RowStatus.SKIPPED)
    return batch.rows.all()


def walk(batch: Batch, show: Show, now: datetime) -> Iterator[JobRow]:
    """Read all rows in flat memory."""
    last = 0
    while positions := list(
        chosen(batch, show)
        .filter(position__gt=last)
        .order_by("position")
        .values_list("position", flat=True)[:_REPORT_PAGE]
    ):
        yield from _load(batch, positions, now)
        last = positions[-1]


def _has_failed(batch: Batch) -> Q:
    """A row fails by a rule of ours, or later by what the mail server says to it."""
    refused = batches.refused(batch).values("account_id")
    return Q(status=RowStatus.FAILED) | Q(status=RowStatus.DONE, account__in=refused)


def _load(batch: Batch, positions: Sequence[int], now: datetime) -> list[JobRow]:
    rows = {row.position: row for row in batch.rows.filter(position__in=positions).select_related("account")}
    accounts = [row.account_id for row in rows.values() if row.account_id]
    operations = {
        operation.account_id: operation
        for operation in Operation.objects.filter(
            Q(status__in=OPEN) | Q(status=Status.FAILED, created_at__gte=batch.created_at), account__in=accounts
        ).order_by("created_at")
    }
    return [_row(rows[place], operations.get(rows[place].account_id), now) for place in positions if place in rows]


def _row(row: BatchRow, operation: Operation | None, now: datetime) -> JobRow:
    result, mark, said = str(_RESULTS[row.status]), _MARKS[row.status], row.error
    if row.status == RowStatus.DONE and operation is not None:
        result, mark, said = _at_the_server(operation)
    return JobRow(
        position=row.position,
        account_id=row.account_id,
        name=row.account.name if row.account else str(row.plan.get("name", "")),
        address=row.account.address if row.account else row.subject,
        changes=words.changes(row.plan.get("before"), row.plan.get("after"), words.local_day(now)),
        result=result,
        mark=mark,
        said=said,
    )


def _at_the_server(operation: Operation) -> tuple[str, str, str]:
    if operation.status == Status.FAILED:
        return _("Refused by the mail server"), "bad", server_said(operation.error_code)
    said = server_said(operation.error_code) if operation.error_code else ""
    return _("On its way to the mail server"), "scheduled", said
