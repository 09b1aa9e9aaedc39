"""Taking lists away: the data leaves the panel, so the log says who took what."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.domain.people import Actor
from accounts.queries import accounts, asked, events, log_export


@transaction.atomic
def record_export(filters: accounts.Filters, *, kind: str, by: Actor, now: datetime) -> None:
    """Write down that somebody takes away what these filters let through, and how many that are."""
    taken = {"rows": accounts.number(filters, now), "format": kind, "filters": asked.written(filters)}
    audit.record(audit.Action.ACCOUNTS_EXPORTED, by=by, at=now, after=taken)


@transaction.atomic
def record_log_export(search: events.Search, *, kind: str, by: Actor, now: datetime) -> int:
    """Write down that somebody takes entries of the log away; returns the last entry that goes along."""
    taken = {"rows": log_export.number(search), "format": kind, "filters": search.written()}
    return audit.record(audit.Action.LOG_EXPORTED, by=by, at=now, after=taken).pk - 1
