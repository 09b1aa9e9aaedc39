"""From the rows of a judged sheet to the rows of a batch, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

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
        yield PlannedRow(subject=row.judged["name"], account_id=row.account_id, plan=_plan(row))


def _plan(row: ImportRow) -> dict[str, Any]:
    plan: dict[str, Any] = {"verdict": row.verdict, "row": row.number}
    if row.verdict == Verdict.CREATE:
        plan |= {name: row.judged[name] for name in _OF_A_NEW_ONE}
        plan["given"] = row.judged["address_is_given"]
    elif row.verdict == Verdict.UPDATE:
        plan["changes"] = {name: after for name, (_before, after) in row.judged["changes"].items()}
        plan["follows_campaign"] = row.judged["follows_campaign"]
    return plan
