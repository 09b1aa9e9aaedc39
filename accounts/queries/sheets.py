"""Lists as tables to take away: the accounts as the list shows them, and the report of a job.

The first row of each table says what its columns are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import Batch
from accounts.queries import accounts, batch_rows
from accounts.queries.batch_rows import JobRow, Show

Cell = str | int | date


def listed(filters: accounts.Filters, now: datetime) -> Iterator[list[Cell]]:
    """Return exactly what the list shows, in its order, in flat memory."""
    yield [
        _("Name"),
        _("Address"),
        _("State"),
        _("To look at"),
        _("Last day"),
        _("Campaign"),
        _("Purpose"),
        _("Owner"),
    ]
    for row in accounts.walk(filters, now):
        yield [
            row.name,
            f"{row.local}@{row.domain}",
            row.state_words,
            ", ".join(_to_look_at(row)),
            row.last_day,
            row.campaign,
            row.purpose,
            row.owner,
        ]


def report(batch: Batch, show: Show, now: datetime) -> Iterator[list[Cell]]:
    """Return what became of each row of a job."""
    yield [_("Row"), _("Name"), _("Address"), _("Change"), _("Result"), _("Reason")]
    for row in batch_rows.walk(batch, show, now):
        yield [row.position, row.name, row.address, _changes(row), row.result, row.said]


def _changes(row: JobRow) -> str:
    return "; ".join(f"{change.field}: {change.before} → {change.after}" for change in row.changes)


def _to_look_at(row: accounts.Row) -> Iterator[str]:
    """Say what stands in small letters under the state in the list."""
    if row.doubt:
        yield row.doubt
    if row.has_failed:
        yield _("change failed")
    if row.is_held:
        yield _("on hold")
