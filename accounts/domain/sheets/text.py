"""Text with separators: CSV in the encodings that Windows and spreadsheet programs write, and pasted cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets.sheet import LONGEST_CELL, MOST_COLUMNS, Line, Sheet, is_formula, sheet_of

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252"}
_SEPARATORS = {",": "comma-separated", ";": "semicolon-separated", "\t": "tab-separated"}
_SAMPLE = 20
_MOST_SEPARATORS = 100 * MOST_COLUMNS
"""A line with more is not handed to the parser: quoted cells can hold commas, but not these many."""


def read(data: bytes) -> Sheet:
    """Read text with separators.

    :raises RuleBroken: if it is no text, or its quotation marks do not match
    """
    encoding = _encoding(data)
    try:
        written = data.decode(encoding)
    except UnicodeDecodeError:
        raise RuleBroken("sheet_not_one", field="file") from None
    if written.count("\x00") > len(written) // 4:
        raise RuleBroken("sheet_not_one", field="file")
    separator = _separator(written)
    form = f"{_SEPARATORS[separator]} {_NAMES.get(encoding, 'UTF-16')}"
    return sheet_of(_lines(written, separator), form)


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    start = data[:200]
    if b"\x00" in start:
        # UTF-16 without its mark: every other byte of plain text is zero.
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > 20 * min(even, odd) and max(even, odd) > len(start) // 4:
            return "utf-16-be" if even > odd else "utf-16-le"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _separator(written: str) -> str:
    """Return what most lines at the top are cut into most columns by, outside of quotation marks."""
    sample = [line for line in written[:50_000].splitlines() if line.strip()][:_SAMPLE]
    return max(_SEPARATORS, key=lambda separator: sum(_bare(line).count(separator) for line in sample))


def _bare(line: str) -> str:
    """Return a line without what stands in quotation marks."""
    return "".join(line.split('"')[::2])


def _lines(written: str, separator: str) -> Iterator[Line]:
    guarded = _guarded(written, separator)
    # Strict: an open quotation mark would swallow the rows after it without a word.
    reader = csv.reader(guarded, delimiter=separator, strict=True)
    number = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            code = "sheet_cell_too_long" if "field limit" in str(error) else "sheet_quotes"
            raise RuleBroken(code, field="file", line=number + 1, longest=LONGEST_CELL) from None
        if cells is None:
            return
        number += 1
        yield Line(tuple(cells), tuple(place for place, cell in enumerate(cells) if is_formula(cell)))


def _guarded(written: str, separator: str) -> Iterator[str]:
    for number, line in enumerate(io.StringIO(written, newline=""), start=1):
        if line.count(separator) > _MOST_SEPARATORS and len(line.rstrip(separator + "\r\n")) > _MOST_SEPARATORS:
            raise RuleBroken("sheet_too_many_columns", field="file", line=number, most=MOST_COLUMNS)
        # Some programs pad a line with a million empty cells.
        yield line if len(line) < _MOST_SEPARATORS else line.rstrip(separator + "\r\n") + "\n"
