"""What stands above the rows of a sheet: its totals, its columns, and what the one button does."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.domain.sheets.rows import Verdict
from accounts.models import ImportFile
from accounts.queries.import_words import MARKS, MEANS, VERDICTS

_EXAMPLES = 10


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
        Total(verdict, str(VERDICTS[verdict]), *MARKS[verdict], file.counts.get(verdict, 0), str(_SAYS[verdict]))
        for verdict in shown
    ]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A verdict, explained."""

    label: str
    glyph: str
    colour: str
    means: str


def meanings() -> list[Meaning]:
    return [Meaning(str(VERDICTS[verdict]), *MARKS[verdict], str(means)) for verdict, means in MEANS.items()]


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
