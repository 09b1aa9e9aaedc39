"""XLSX and ODS. Their values are read by calamine; before that the zip and the cells' places are looked at.

Macros are never run: nothing here runs anything. A formula's text is not what calamine gives, so the cells that
hold one are found in the XML.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import python_calamine as calamine

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets import ods, xlsx
from accounts.domain.sheets.sheet import MOST_COLUMNS, MOST_ROWS, Line, Sheet, is_formula, sheet_of

_MOST_FILES = 1_000
_LARGEST_UNPACKED = 200 * 1024**2
_LARGEST_RATIO = 200
_SMALL = 1024**2
"""Below this a ratio says nothing: a page of blanks packs very well."""
_BLOCK = 256 * 1024
_BLANK_ROWS = 2_000
"""Rows that a sheet may have beside those with a person: blank ones between them and after them."""


def read(data: bytes) -> Sheet:
    """Read the first sheet that can be seen.

    :raises RuleBroken: if it is no workbook, or unpacks to more than can be looked at
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _guard(archive)
            form, formulas = _look_inside(archive)
        return sheet_of(_lines(data, formulas), form)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, UnicodeError):
        raise RuleBroken("sheet_damaged", field="file") from None
    except calamine.CalamineError:
        raise RuleBroken("sheet_damaged", field="file") from None


def _guard(archive: zipfile.ZipFile) -> None:
    """Go by the directory of the zip first, then make sure that the directory tells the truth."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    too_dense = any(
        part.file_size > _SMALL and part.file_size > _LARGEST_RATIO * max(part.compress_size, 1) for part in parts
    )
    if len(parts) > _MOST_FILES or unpacked > _LARGEST_UNPACKED or too_dense:
        raise RuleBroken("sheet_unpacks_too_large", field="file", megabytes=_LARGEST_UNPACKED // 1024**2)
    if any(part.flag_bits & 1 for part in parts):
        raise RuleBroken("sheet_old_or_locked", field="file")
    for part in parts:
        with archive.open(part) as stream:
            # Reading past the stated size, or another checksum, is a BadZipFile.
            while stream.read(_BLOCK):
                pass


def _look_inside(archive: zipfile.ZipFile) -> tuple[str, frozenset[tuple[int, int]]]:
    names = set(archive.namelist())
    if "content.xml" in names:
        form, cells = "OpenDocument", ods.cells(archive)
    elif "xl/workbook.xml" in names:
        form, cells = "Excel", xlsx.cells(archive)
    else:
        raise RuleBroken("sheet_not_one", field="file")
    # Calamine makes room for every cell up to the last one: a lone cell far away would take all memory.
    if cells.last_column > MOST_COLUMNS:
        raise RuleBroken("sheet_too_many_columns", field="file", line=cells.widest_line, most=MOST_COLUMNS)
    if cells.last_row > MOST_ROWS + _BLANK_ROWS:
        raise RuleBroken("sheet_too_many_rows", field="file", most=MOST_ROWS)
    # Rows on other sheets are not read: whoever expects them is told.
    said = f"{form}, the first of {cells.sheets} sheets" if cells.sheets > 1 else form
    return said, frozenset(cells.formulas)


def _lines(data: bytes, formulas: frozenset[tuple[int, int]]) -> Iterator[Line]:
    with calamine.load_workbook(io.BytesIO(data)) as book:
        sheet = book.get_sheet_by_name(_first_visible(book))
        by_row: dict[int, list[int]] = {}
        for row, column in formulas:
            by_row.setdefault(row, []).append(column)
        for number, values in enumerate(sheet.to_python(skip_empty_area=False)):
            cells = tuple(_text(value) for value in values)
            typed = {place for place, cell in enumerate(cells) if is_formula(cell)}
            yield Line(cells, tuple(sorted(typed.union(by_row.get(number, ())))))


def _first_visible(book: calamine.CalamineWorkbook) -> str:
    for sheet in book.sheets_metadata:
        if sheet.visible == calamine.SheetVisibleEnum.Visible and sheet.typ == calamine.SheetTypeEnum.WorkSheet:
            return sheet.name
    raise RuleBroken("sheet_empty", field="file")


def _text(value: object) -> str:
    """Return a cell as it would be typed; a day without a time is a day."""
    match value:
        case bool():
            return str(value).upper()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() if value.time() == time.min:
            return value.date().isoformat()
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
    return str(value)
