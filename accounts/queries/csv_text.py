"""Rows as CSV, line by line. What a spreadsheet would take for a formula is told not to be one."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from accounts.queries.sheets import Cell

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - as some typed them


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(rows: Iterable[list[Cell]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    for row in rows:
        yield writer.writerow([_harmless(cell) for cell in row])


def _harmless(cell: Cell) -> Cell:
    """Put an apostrophe before what a spreadsheet would calculate: it then shows it as text."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell
