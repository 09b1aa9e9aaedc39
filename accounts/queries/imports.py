"""Imports as pages and commands show them: the list, one sheet row by row, and what stands against a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets.rows import Verdict
from accounts.models import ImportFile, ImportRow
from accounts.queries import batch_rows, sheets, words
from accounts.queries.sentences import explain

_RECENT = 50
_DAYS = frozenset({"day", "other"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What stands against a row, at which of its cells."""

    row: int
    code: str
    field: str
    message: str


def problems(row: ImportRow) -> list[Problem]:
    return [Problem(row.number, rule["code"], rule["field"], sentence(rule)) for rule in row.judged.get("problems", [])]


def all_problems(file: ImportFile) -> list[Problem]:
    """Return every problem of a sheet in the order of its rows."""
    rows = file.rows.filter(verdict=Verdict.PROBLEM).order_by("number")
    return [problem for row in rows.iterator(chunk_size=1000) for problem in problems(row)]


def sentence(rule: Mapping[str, Any]) -> str:
    """Return what a judgement kept as plain values says."""
    values = {
        name: words.day_words(date.fromisoformat(value), date.min) if name in _DAYS else value
        for name, value in rule["values"].items()
    }
    return explain(RuleBroken(rule["code"], field=rule["field"], **values))


def recent_files() -> list[ImportFile]:
    """Return the last sheets, the newest first."""
    return list(ImportFile.objects.select_related("batch").order_by("-uploaded_at", "-pk")[:_RECENT])


def not_done(file: ImportFile, now: datetime) -> Iterator[list[sheets.Cell]]:
    """Return the rows that were left out or that failed, with the columns of the sheet and the reason behind them."""
    yield [*(heading or str(place) for place, heading in enumerate(file.headings, start=1)), _("Reason")]
    failed = _reasons(file, now)
    for row in file.rows.exclude(verdict=Verdict.END).order_by("number").iterator(chunk_size=1000):
        reason = failed.get(row.number) or " ".join(problem.message for problem in problems(row))
        if reason:
            cells = [*row.cells, *[""] * (len(file.headings) - len(row.cells))]
            yield [*cells, reason]


def _reasons(file: ImportFile, now: datetime) -> dict[int, str]:
    """Return why rows failed, by their number in the sheet."""
    if file.batch is None:
        return {}
    numbers = dict(file.batch.rows.values_list("position", "plan__row"))
    walked = batch_rows.walk(file.batch, batch_rows.Show.FAILED, now)
    return {numbers[row.position]: f"{row.result}: {row.said}" for row in walked}
