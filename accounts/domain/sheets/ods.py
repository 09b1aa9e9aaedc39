"""The inside of an ODS file: where the cells of its first sheet are. Cells and rows say how often they repeat."""

from __future__ import annotations

import zipfile

from accounts.domain.sheets.cells import Attributes, Cells, local_attributes, parse


def cells(archive: zipfile.ZipFile) -> Cells:
    """Return where the cells of the first sheet are."""
    found = _Sheet()
    parse(archive, "content.xml", found.start, found.end)
    found.cells.sheets = found.tables
    return found.cells


class _Sheet:
    def __init__(self) -> None:
        self.cells = Cells()
        self.tables = self._depth = 0
        self._row = self._rows = self._column = self._columns = 0

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "table":
            self._depth += 1
            self.tables += self._depth == 1
        if self.tables != 1 or self._depth != 1:
            return
        if tag == "table-row":
            self._rows = _times(attributes, "number-rows-repeated")
            self._column = 0
        elif tag in {"table-cell", "covered-table-cell"}:
            self._cell(local_attributes(attributes))
        elif tag == "p":
            self._see()

    def end(self, tag: str) -> None:
        if tag == "table":
            self._depth -= 1
        elif tag == "table-row":
            self._row += self._rows
        elif tag in {"table-cell", "covered-table-cell"}:
            self._column += self._columns

    def _cell(self, given: Attributes) -> None:
        self._columns = _times(given, "number-columns-repeated")
        if "value-type" in given:
            self._see()
        if "formula" in given:
            self._see()
            self.cells.see_formula(self._row, self._column)

    def _see(self) -> None:
        self.cells.see(self._row + self._rows - 1, self._column + self._columns - 1)


def _times(attributes: Attributes, name: str) -> int:
    text = local_attributes(attributes).get(name, "1")
    return int(text[:12]) if text.isdecimal() else 1
