"""The rows of a sheet as its page shows them: what happens, to whom, and each cell with what stands against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.sheets.columns import Field
from accounts.domain.sheets.rows import Answer, Verdict
from accounts.models import ImportFile, ImportRow
from accounts.queries import words
from accounts.queries.imports import FIELDS, sentence

PAGE = 50
_EXAMPLES = 10

VERDICTS: dict[str, Promise] = {
    Verdict.CREATE: gettext_lazy("Create"),
    Verdict.UPDATE: gettext_lazy("Update"),
    Verdict.SAME: gettext_lazy("Same"),
    Verdict.PROBLEM: gettext_lazy("Problem"),
    Verdict.LEFT_OUT: gettext_lazy("Left out"),
    Verdict.END: gettext_lazy("End"),
}
_MARKS: dict[str, tuple[str, str]] = {
    Verdict.CREATE: ("new", "active"),
    Verdict.UPDATE: ("update", "scheduled"),
    Verdict.SAME: ("same", "closed"),
    Verdict.PROBLEM: ("bad", "bad"),
    Verdict.LEFT_OUT: ("same", "closed"),
    Verdict.END: ("ended", "ended"),
}
_SHORT: dict[str, Promise] = {
    "row_again": gettext_lazy("Twice in this list"),
    "number_twice": gettext_lazy("Number twice"),
    "address_twice": gettext_lazy("Address twice"),
    "name_twice": gettext_lazy("Same name"),
    "name_twice_no_number": gettext_lazy("Same name"),
    "known_name_other_number": gettext_lazy("Same name"),
    "known_name_elsewhere": gettext_lazy("Same name"),
    "known_number_other_name": gettext_lazy("Same number"),
    "known_address_other_name": gettext_lazy("Address taken"),
    "known_name_over": gettext_lazy("Had a mailbox before"),
    "end_missing": gettext_lazy("Last day missing"),
    "end_missing_campaign_has": gettext_lazy("Last day missing"),
    "end_day_before_start": gettext_lazy("Dates the wrong way"),
    "end_day_past": gettext_lazy("Last day is over"),
    "owner_missing": gettext_lazy("Owner missing"),
    "owner_missing_campaign_has": gettext_lazy("Owner missing"),
    "name_missing": gettext_lazy("Name missing"),
    "formula": gettext_lazy("Formula"),
    "doubtful_day": gettext_lazy("Which day?"),
    "not_a_day": gettext_lazy("Not a day"),
}
"""What is wrong, in the few words of a badge."""

_OTHER = gettext_lazy("It is somebody else")
_SAME = gettext_lazy("It is the same person")
_OFFERS: dict[str, tuple[tuple[Answer, Promise], ...]] = {
    "name_twice": ((Answer.OTHER_PERSON, _OTHER),),
    "name_twice_no_number": ((Answer.OTHER_PERSON, _OTHER),),
    "known_name_other_number": ((Answer.OTHER_PERSON, _OTHER), (Answer.SAME_PERSON, _SAME)),
    "known_name_elsewhere": ((Answer.OTHER_PERSON, _OTHER), (Answer.SAME_PERSON, _SAME)),
    "known_number_other_name": ((Answer.SAME_PERSON, _SAME),),
    "known_address_other_name": ((Answer.SAME_PERSON, _SAME),),
    "known_name_over": ((Answer.OTHER_PERSON, _OTHER),),
    "end_missing_campaign_has": ((Answer.CAMPAIGN_END, gettext_lazy("Take the campaign's")),),
    "owner_missing_campaign_has": ((Answer.CAMPAIGN_OWNER, gettext_lazy("Take the campaign's")),),
}
"""What can be said to a question."""


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
    found = _shown(file, show)
    total = found.count()
    number = max(1, min(number, -(-total // PAGE) or 1))
    some = found[(number - 1) * PAGE : number * PAGE]
    today = words.local_day(now)
    return RowPage([row_view(file, row, today, is_open=row.number == open_row) for row in some], total, number)


def row_view(file: ImportFile, row: ImportRow, today: date, *, is_open: bool) -> RowView:
    judged: Mapping[str, Any] = row.judged
    glyph, colour = _MARKS[row.verdict]
    cells = {name.value: _cell(file, row, name, today, is_open=is_open) for name in _CORRECTABLE}
    for rule in judged["problems"]:
        _stand_against(cells, rule)
    first = judged["problems"][0]["code"] if judged["problems"] else ""
    return RowView(
        number=row.number,
        verdict=row.verdict,
        label=str(_SHORT.get(first, VERDICTS[row.verdict])),
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


def _shown(file: ImportFile, show: Show) -> QuerySet[ImportRow]:
    rows = file.rows.all()
    if show is not Show.ALL:
        return rows.filter(verdict=show).order_by("number")
    problems_first = Case(When(verdict=Verdict.PROBLEM, then=Value(0)), default=Value(1), output_field=IntegerField())
    return rows.annotate(rank=problems_first).order_by("rank", "number")


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
    cell.offers += [Offer(answer, str(said)) for answer, said in _OFFERS.get(rule["code"], ())]
    if rule["code"] == "doubtful_day":
        cell.offers += [_day_offer(Answer.DAY_FIRST, rule, "day"), _day_offer(Answer.MONTH_FIRST, rule, "other")]
    if rule["code"] == "end_day_before_start":
        cells[Field.FIRST_DAY].is_open = True


def _day_offer(answer: Answer, rule: Mapping[str, Any], which: str) -> Offer:
    return Offer(answer, words.day_words(date.fromisoformat(rule["values"][which]), date.min))


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows there are of one verdict."""

    show: str
    label: str
    glyph: str
    colour: str
    number: int
    says: str


_SAYS: dict[str, Promise] = {
    Verdict.CREATE: gettext_lazy("new mailboxes"),
    Verdict.UPDATE: gettext_lazy("have something new"),
    Verdict.SAME: gettext_lazy("done already"),
    Verdict.PROBLEM: gettext_lazy("left out until mended"),
    Verdict.END: gettext_lazy("not on the list"),
}


def totals(file: ImportFile) -> list[Total]:
    """Return the numbers at the head of the page; ends only for a roster."""
    shown = [verdict for verdict in _SAYS if verdict != Verdict.END or file.roster]
    return [
        Total(verdict, str(VERDICTS[verdict]), *_MARKS[verdict], file.counts.get(verdict, 0), str(_SAYS[verdict]))
        for verdict in shown
    ]


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    field: str
    example: str


def columns(file: ImportFile) -> list[Column]:
    """Return the columns with what stands in the first row that has something in them."""
    first = file.rows.exclude(verdict=Verdict.END).order_by("number").values_list("cells", flat=True)[:_EXAMPLES]
    found = list(first)
    return [
        Column(heading or str(place + 1), field, next((cells[place] for cells in found if _has(cells, place)), ""))
        for place, (heading, field) in enumerate(zip(file.headings, file.columns, strict=True))
    ]


def _has(cells: list[str], place: int) -> bool:
    return place < len(cells) and bool(cells[place])


def button_words(file: ImportFile) -> str:
    """Return what the one button does, with its numbers: "Create 46, update 2"."""
    parts = [
        str(said) % {"n": f"{file.counts[verdict]:,}"} for verdict, said in _DOES.items() if file.counts.get(verdict)
    ]
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


_DOES: dict[str, Promise] = {
    Verdict.CREATE: gettext_lazy("create %(n)s"),
    Verdict.UPDATE: gettext_lazy("update %(n)s"),
    Verdict.END: gettext_lazy("end %(n)s"),
}
