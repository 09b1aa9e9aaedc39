"""From the rows of a judged sheet to the rows of a batch, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.domain.dates import day_start, end_of
from accounts.domain.lifecycle import State
from accounts.domain.sheets.rows import Verdict
from accounts.models import ImportRow
from accounts.services.batches import PlannedRow

_OF_A_NEW_ONE = (
    "name",
    "address",
    "owner",
    "purpose",
    "note",
    "employee_number",
    "campaign",
    "profile",
    "first_day",
    "last_day",
    "follows_campaign",
)


def planned_rows(rows: Iterable[ImportRow]) -> Iterator[PlannedRow]:
    for row in rows:
        yield PlannedRow(subject=row.judged["address"], account_id=row.account_id, plan=_plan(row))


def _plan(row: ImportRow) -> dict[str, Any]:
    """Return what is to be done, and what changes as the page of a job shows it."""
    judged = row.judged
    plan: dict[str, Any] = {"verdict": row.verdict, "row": row.number, "name": judged["name"]}
    if row.verdict == Verdict.CREATE:
        campaign = {"campaign": judged["campaign"]} if judged["campaign"] else {}
        days = {"starts_at": judged["first_day"], "ends_at": judged["last_day"]}
        plan |= {name: judged[name] for name in _OF_A_NEW_ONE}
        plan |= {"given": judged["address_is_given"], "after": campaign | _moments(days)}
    elif row.verdict == Verdict.UPDATE:
        before = {name: change[0] for name, change in judged["changes"].items()}
        after = {name: change[1] for name, change in judged["changes"].items()}
        plan |= {"changes": after, "follows_campaign": judged["follows_campaign"]}
        plan |= {"before": before | _moments(before), "after": after | _moments(after)}
    else:
        plan |= {"before": {"state": State.ACTIVE}, "after": {"state": State.ENDED}}
    return plan


def _moments(days: Mapping[str, str | None]) -> dict[str, str]:
    """Return the days of a plan as the moments that they mean."""
    zone = ZoneInfo(settings.TIME_ZONE)
    found = {}
    if first := days.get("starts_at"):
        found["starts_at"] = day_start(date.fromisoformat(first), zone).isoformat()
    if last := days.get("ends_at"):
        found["ends_at"] = end_of(date.fromisoformat(last), zone).isoformat()
    return found
