"""The rows of a sheet as its page shows them: what happens, to whom, and each cell with what stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from accounts.domain.sheets.columns import Field
from accounts.domain.sheets.rows import Answer, Verdict
from accounts.models import ImportFile, ImportRow
from accounts.queries import words
from accounts.queries.import_words import FIELDS, MARKS, OFFERS, SHORT, VERDICTS
from accounts.queries.imports import sentence

PAGE = 50


class Show(StrEnum):
    """Which rows the page shows."""

    ALL = "all"
    PROBLEM = "problem"
    CREATE = "create"
    UPDATE = "update"
    SAME = "same"
    END = "end"
    LEFT_OUT = "left_out"


EMPTY_FORMULAS = "empty_formulas"
"""Not an answer that is kept: the cells that hold a formula are emptied."""
SWAP_DAYS = "swap_days"
"""Neither is this: the first and the last day change places."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be said to a question, by a button."""

    answer: str
    label: str


@dataclass(slots=True)
class Cell:
    """One cell: what it says, what was typed, and what stands against it."""

    name: str
    label: str
    text: str
    typed: str = ""
    before: str = ""
    is_changed: bool = False
    is_open: bool = False
    problems: list[str] = field(default_factory=list)
    offers: list[Offer] = field(default_factory=list)


@dataclass(slots=True)
class RowView:
    number: int
    verdict: str
    label: str
    glyph: str
    colour: str
    name: str
    address: str
    account_id: int | None
    cells: dict[str, Cell]
    notes: list[str]
    answers: list[str]
    campaign_is_new: bool
    is_open: bool

    @property
    def holder(self) -> list[Cell]:
        """The cells under the name: shown where something stands against them, or all while the row is corrected."""
        return [cell for name, cell in self.cells.items() if name not in _COLUMNS and (cell.is_open or cell.problems)]

    @property
    def holder_changes(self) -> list[Cell]:
        """What changes of the person and has no column of its own."""
        return [cell for name, cell in self.cells.items() if name not in _COLUMNS and cell.is_changed]

    @property
    def columns(self) -> list[Cell]:
        return [self.cells[name] for name in _COLUMNS]

    @property
    def can_be_sent(self) -> bool:
        return any(cell.is_open for cell in self.cells.values())

    @property
    def is_problem(self) -> bool:
        return self.verdict == Verdict.PROBLEM

    @property
    def is_left_out(self) -> bool:
        return self.verdict == Verdict.LEFT_OUT

    @property
    def is_end(self) -> bool:
        return self.verdict == Verdict.END


_COLUMNS = (Field.FIRST_DAY.value, Field.LAST_DAY.value, Field.CAMPAIGN.value, Field.OWNER.value)
_CORRECTABLE = (
    Field.FIRST_NAME,
    Field.LAST_NAME,
    Field.NAME,
    Field.NUMBER,
    Field.ADDRESS,
    Field.FIRST_DAY,
    Field.LAST_DAY,
    Field.CAMPAIGN,
    Field.OWNER,
    Field.PURPOSE,
    Field.PROFILE,
    Field.NOTE,
)
_NO_MENDING_BY_TYPING = frozenset({"row_again"})
_FORMULA_ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class RowPage:
    rows: list[RowView]
    total: int
    number: int

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * PAGE, self.total)

    @property
    def before(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def after(self) -> int | None:
        return self.number + 1 if self.last < self.total else None


def row_page(file: ImportFile, show: Show, number: int, *, open_row: int | None, now: datetime) -> RowPage:
    """Return a page of rows, those with a problem first."""
    total = sum(file.counts.values()) if show is Show.ALL else file.counts.get(show, 0)
    number = max(1, min(number, -(-total // PAGE) or 1))
    places = _places(file, show, (number - 1) * PAGE)
    found = {row.number: row for row in file.rows.filter(number__in=places)}
    today = words.local_day(now)
    rows = [row_view(file, found[place], today, is_open=place == open_row) for place in places if place in found]
    return RowPage(rows, total, number)


def row_view(file: ImportFile, row: ImportRow, today: date, *, is_open: bool) -> RowView:
    judged: Mapping[str, Any] = row.judged
    glyph, colour = MARKS[row.verdict]
    cells = {name.value: _cell(file, row, name, today, is_open=is_open) for name in _CORRECTABLE}
    for rule in judged["problems"]:
        _stand_against(cells, rule)
    first = judged["problems"][0]["code"] if judged["problems"] else ""
    return RowView(
        number=row.number,
        verdict=row.verdict,
        label=str(SHORT.get(first, VERDICTS[row.verdict])),
        glyph=glyph,
        colour=colour,
        name=judged["name"],
        address=judged["address"],
        account_id=row.account_id,
        cells=cells,
        notes=[sentence(rule) for rule in judged["notes"]],
        answers=row.answers,
        campaign_is_new=judged["campaign_is_new"],
        is_open=is_open,
    )


def _places(file: ImportFile, show: Show, start: int) -> list[int]:
    """Return the numbers of the rows on a page; only an index is walked over, however long the list is."""
    numbers = file.rows.order_by("number").values_list("number", flat=True)
    if show is not Show.ALL:
        return list(numbers.filter(verdict=show)[start : start + PAGE])
    problems = file.counts.get(Verdict.PROBLEM, 0)
    found = list(numbers.filter(verdict=Verdict.PROBLEM)[start : start + PAGE]) if start < problems else []
    after = max(0, start - problems)
    return [*found, *numbers.exclude(verdict=Verdict.PROBLEM)[after : after + PAGE - len(found)]]


def _cell(file: ImportFile, row: ImportRow, name: Field, today: date, *, is_open: bool) -> Cell:
    judged = row.judged
    place = file.columns.index(name) if name in file.columns else None
    typed = row.cells[place] if place is not None and place < len(row.cells) else ""
    before, after = judged["changes"].get(name, ("", ""))
    if name in {Field.FIRST_DAY, Field.LAST_DAY}:
        day = judged["first_day" if name is Field.FIRST_DAY else "last_day"]
        text = words.day_words(date.fromisoformat(day), today) if day else typed
        before = words.day_words(date.fromisoformat(before), today) if before else ""
    else:
        text = str(judged.get(name.value, "") or typed)
    is_whole = name is Field.NAME and Field.LAST_NAME in file.columns
    is_part = name in {Field.FIRST_NAME, Field.LAST_NAME} and name not in file.columns
    return Cell(
        name=name.value,
        label=str(FIELDS[name]),
        text=text,
        typed=typed,
        before=before if after else "",
        is_changed=bool(after),
        is_open=is_open and row.verdict != Verdict.END and not is_whole and not is_part,
    )


def _stand_against(cells: dict[str, Cell], rule: Mapping[str, Any]) -> None:
    """Put a problem beside its cell; a formula in a column that is not used stands at the note."""
    cell = cells.get(rule["field"])
    if cell is None:
        cell = cells[rule["field"]] = Cell(name=_FORMULA_ELSEWHERE, label="", text="")
    cell.problems.append(sentence(rule))
    cell.is_open = cell.is_open or (rule["code"] not in _NO_MENDING_BY_TYPING and cell.name != _FORMULA_ELSEWHERE)
    if rule["code"] == "formula":
        cell.offers.append(Offer(EMPTY_FORMULAS, _("Empty the cell")))
    cell.offers += [Offer(answer, str(said)) for answer, said in OFFERS.get(rule["code"], ())]
    if rule["code"] == "doubtful_day":
        cell.offers += [_day_offer(Answer.DAY_FIRST, rule, "day"), _day_offer(Answer.MONTH_FIRST, rule, "other")]
    if rule["code"] == "end_day_before_start":
        first = cells[Field.FIRST_DAY]
        first.is_open = True
        if first.typed:
            cell.offers.append(Offer(SWAP_DAYS, _("Swap them")))


def _day_offer(answer: Answer, rule: Mapping[str, Any], which: str) -> Offer:
    return Offer(answer, words.day_words(date.fromisoformat(rule["values"][which]), date.min))
