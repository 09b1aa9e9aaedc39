"""Where the cells of a workbook's sheet are, found in its XML without keeping any of it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.parsers import expat

from accounts.domain.errors import RuleBroken

Attributes = dict[str, str]

_MOST_FORMULAS = 100_000


@dataclass(slots=True)
class Cells:
    """How far the sheet reaches, and which cells hold a formula, by row and column from 0 on."""

    last_row: int = 0
    last_column: int = 0
    widest_line: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    sheets: int = 1
    """How many the workbook has that can be seen."""

    def see(self, row: int, column: int) -> None:
        """Note a cell that holds something."""
        self.last_row = max(self.last_row, row + 1)
        if column >= self.last_column:
            self.last_column, self.widest_line = column + 1, row + 1

    def see_formula(self, row: int, column: int) -> None:
        if len(self.formulas) < _MOST_FORMULAS:
            self.formulas.add((row, column))


def parse(
    archive: zipfile.ZipFile,
    name: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
) -> None:
    """Walk through an XML file of the archive.

    :raises RuleBroken: if it is no sound XML, or declares entities, which no spreadsheet program does
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = lambda tag, attributes: start(_local(tag), attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(_local(tag))
    parser.EntityDeclHandler = _refuse
    try:
        with archive.open(name) as stream:
            parser.ParseFile(stream)
    except expat.ExpatError:
        raise RuleBroken("sheet_damaged", field="file") from None


def local_attributes(attributes: Attributes) -> Attributes:
    """Return attributes without their namespaces."""
    return {_local(name): value for name, value in attributes.items()}


def _refuse(*_: object) -> None:
    raise RuleBroken("sheet_damaged", field="file")


def _local(name: str) -> str:
    return name.rpartition("}")[2]
