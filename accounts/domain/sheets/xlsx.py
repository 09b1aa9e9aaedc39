"""The inside of an XLSX file: which sheet is the first, and where its cells are."""

from __future__ import annotations

import posixpath
import re
import zipfile

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets.cells import Attributes, Cells, local_attributes, parse

_PLACE = re.compile(r"([A-Z]{1,7})([0-9]{1,9})")


def cells(archive: zipfile.ZipFile) -> Cells:
    """Return where the cells of the first visible sheet are."""
    found, files = _Sheet(), _sheets(archive)
    parse(archive, files[0], found.start)
    found.cells.sheets = len(files)
    return found.cells


class _Sheet:
    """Follows the rows and cells; both may leave out where they are, and follow the one before then."""

    def __init__(self) -> None:
        self.cells = Cells()
        self._row = self._column = -1

    def start(self, tag: str, attributes: Attributes) -> None:
        match tag:
            case "row":
                self._row = int(attributes["r"]) - 1 if attributes.get("r", "").isdecimal() else self._row + 1
                self._column = -1
            case "c":
                self._move_to(attributes.get("r", ""))
            case "v" | "is":
                self.cells.see(self._row, self._column)
            case "f":
                self.cells.see_formula(self._row, self._column)
                self.cells.see(self._row, self._column)

    def _move_to(self, place: str) -> None:
        if found := _PLACE.fullmatch(place):
            self._row, self._column = int(found[2]) - 1, _column(found[1])
        else:
            self._column += 1


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _sheets(archive: zipfile.ZipFile) -> list[str]:
    """Return the files of the sheets that are not hidden, at least one: the workbook names them by relations."""
    shown: list[str] = []
    targets: dict[str, str] = {}

    def in_workbook(tag: str, attributes: Attributes) -> None:
        given = local_attributes(attributes)
        if tag == "sheet" and given.get("state", "visible") == "visible":
            shown.append(given.get("id", ""))

    def in_relations(tag: str, attributes: Attributes) -> None:
        # A chart sheet has no cells.
        if tag == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    parse(archive, "xl/workbook.xml", in_workbook)
    parse(archive, "xl/_rels/workbook.xml.rels", in_relations)
    found = [targets[sheet] for sheet in shown if sheet in targets]
    if not found:
        raise RuleBroken("sheet_empty", field="file")
    return [posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") for target in found]
