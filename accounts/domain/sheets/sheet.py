"""A sheet once it is read: headings, and rows of texts, whatever the file was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets import columns, days

LARGEST_FILE = 20 * 1024**2
MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_CELL = 4_000

_SIGNS = ("+", "-", "@", "\uff0b", "\uff0d", "\uff20")
"""With these, and with =, a spreadsheet program begins to compute; people also begin remarks and numbers with them."""
_ONLY_A_NUMBER = re.compile(r"[+\uff0b][\d\s().,/-]+|[-\uff0d][\d\s.,]*%?")
"""A phone number (+27 (0)11 …), a number, a lone dash."""
_COMPUTES = re.compile(r"\||['\w]!\$?[a-z]|[a-z]\(", re.IGNORECASE)
"""Another program, another sheet, a function."""
_OPERAND = r"[\s(]*(?:\d[\d.,]*|\$?[a-z]{1,3}\$?\d+)[\s)%]*"
_ARITHMETIC = re.compile(rf".{_OPERAND}(?:[-+*/^&]{_OPERAND})*", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_HEADINGS_WITHIN = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One row below the headings. `number` counts from the headings on, so row 1 is the first person."""

    number: int
    cells: tuple[str, ...]
    formulas: tuple[int, ...] = ()
    """The columns that hold a formula, whatever it came to."""


@dataclass(frozen=True, slots=True)
class Sheet:
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    form: str
    """How it was read, for a person: "comma-separated UTF-8"."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file, before it is known which of them are the headings."""

    cells: tuple[str, ...]
    formulas: tuple[int, ...] = ()

    @property
    def is_blank(self) -> bool:
        return not any(self.cells) and not self.formulas


def is_formula(cell: str) -> bool:
    """Say whether a spreadsheet program would compute it."""
    text = cell.lstrip()
    if text.startswith(("=", "\uff1d")):
        return True
    if not text.startswith(_SIGNS) or _ONLY_A_NUMBER.fullmatch(text):
        return False
    return bool(_COMPUTES.search(text) or _ARITHMETIC.fullmatch(text))


def sheet_of(lines: Iterable[Line], form: str) -> Sheet:
    """Find the headings and return the rows below them; blank rows are skipped, and keep their number.

    Cells that were copied without their headings are all rows.

    :raises RuleBroken: if there is nothing in it, or more than can be looked at
    """
    found = list(_guarded(lines))
    start = _headings_at(found)
    if start is None:
        raise RuleBroken("sheet_empty", field="file")
    width = max(len(line.cells) for line in found)
    has_headings = not _is_data(found[start])
    headings = _padded(found[start].cells if has_headings else (), width)
    rows = tuple(
        Row(number, _padded(line.cells, width), line.formulas)
        for number, line in enumerate(found[start + has_headings :], start=1)
        if not line.is_blank
    )
    if not rows:
        raise RuleBroken("sheet_only_headings", field="file")
    return Sheet(headings, rows, form)


def _guarded(lines: Iterable[Line]) -> Iterator[Line]:
    filled = 0
    for number, line in enumerate(lines, start=1):
        filled += not line.is_blank
        if filled > MOST_ROWS + 1:
            raise RuleBroken("sheet_too_many_rows", field="file", most=MOST_ROWS)
        yield Line(tuple(_cell(cell, number) for cell in _trimmed(line.cells, number)), line.formulas)


def _trimmed(cells: tuple[str, ...], number: int) -> tuple[str, ...]:
    """Drop the empty cells at the end: programs leave them behind."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    if end > MOST_COLUMNS:
        raise RuleBroken("sheet_too_many_columns", field="file", line=number, most=MOST_COLUMNS)
    return cells[:end]


def _cell(text: str, number: int) -> str:
    if len(text) > LONGEST_CELL:
        raise RuleBroken("sheet_cell_too_long", field="file", line=number, longest=LONGEST_CELL)
    if "\x00" in text:
        raise RuleBroken("sheet_has_nul", field="file", line=number)
    # Programs that copy from the web leave blanks that do not break, and marks nobody sees.
    return text.replace("\u00a0", " ").replace("\ufeff", "").replace("\u200b", "").strip()


def _headings_at(lines: list[Line]) -> int | None:
    """Return where the headings are: the first line that names two columns we know, else the first that holds anything.

    A title above the table is common.
    """
    filled = [position for position, line in enumerate(lines) if not line.is_blank]
    for position in filled[:_HEADINGS_WITHIN]:
        if sum(columns.field_of(cell) is not None for cell in lines[position].cells) > 1:
            return position
    return filled[0] if filled else None


def _is_data(line: Line) -> bool:
    """Say whether a line is a person already: it names no column, and holds a day or a mail address."""
    if any(columns.field_of(cell) for cell in line.cells):
        return False
    return any(_MAIL.fullmatch(cell) or days.is_day(cell) for cell in line.cells)


def _padded(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    return cells + ("",) * (width - len(cells))
