"""Giving every row of a sheet its verdict, and writing down what was found.

A sheet may have 50,000 rows: they are held as plain tuples, and what is written of each is made only while it is
written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from accounts.domain.errors import RuleBroken
from accounts.domain.reach import Reach
from accounts.domain.sheets import judging
from accounts.domain.sheets.columns import Field, folded
from accounts.domain.sheets.rows import Answer, Entry, Judged, Known, Verdict, World
from accounts.models import ImportFile, ImportRow
from accounts.services.import_world import scope_of, world

T = TypeVar("T")

_AT_ONCE = 500
_NAMED = 10
"""So many new campaigns are named on the page; the others are counted."""


class Raw(NamedTuple):
    """A row as the sheet has it, with what a person answered."""

    number: int
    cells: Sequence[str]
    formulas: Sequence[int] = ()
    answers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found of all rows, and who a roster misses."""

    rows: list[Judged]
    missing: list[Known]


def judge(file: ImportFile, rows: Sequence[Raw], now: datetime, between: Callable[[], None] | None = None) -> Judgement:
    """Judge all rows together and count them in `file`; only reads the database.

    `between` lets others go on every so many rows, as a long sheet takes seconds.
    """
    found = judging.judge(_giving_way(_entries(file, rows), between), _world(file, rows, now))
    missing = judging.missing(found, scope_of(file)) if file.roster else []
    file.counts = dict(Counter(str(row.verdict) for row in found))
    if missing:
        file.counts[Verdict.END] = len(missing)
    changing = (row for row in found if row.verdict in {Verdict.CREATE, Verdict.UPDATE})
    new = sorted({row.campaign for row in changing if row.campaign_is_new})
    file.new_campaigns = {"number": len(new), "names": new[:_NAMED]}
    return Judgement(found, missing)


def write_rows(file: ImportFile, rows: Sequence[Raw], found: Judgement) -> None:
    """Write all rows of a sheet that has none yet."""
    for some in _in_parts(zip(rows, found.rows, strict=True)):
        ImportRow.objects.bulk_create(_row(file, raw, judged) for raw, judged in some)
    _write_endings(file, rows, found.missing)


def judge_again(file: ImportFile, now: datetime, between: Callable[[], None] | None = None) -> ImportFile:
    """Judge all rows, as one row's mending can be another's, and write those that changed.

    A worker does it in parts with `between` them; else it is one transaction, that of the caller.
    """
    rows = list(_stored(file))
    found = judge(file, rows, now, between)
    for some in _giving_way(_in_parts(zip(rows, found.rows, strict=True)), between, every=1):
        before = _verdicts(file, some[0][0].number, some[-1][0].number)
        written = (_row(file, raw, judged) for raw, judged in some)
        ImportRow.objects.bulk_create(
            [row for row in written if before[row.number] != (row.verdict, row.judged)],
            update_conflicts=True,
            unique_fields=["file", "number"],
            update_fields=["verdict", "judged", "account"],
        )
    file.rows.filter(verdict=Verdict.END).delete()
    _write_endings(file, rows, found.missing)
    file.save()
    return file


def _giving_way(things: Iterable[T], between: Callable[[], None] | None, every: int = _AT_ONCE) -> Iterator[T]:
    for number, thing in enumerate(things):
        if between and number % every == 0:
            between()
        yield thing


def _in_parts(pairs: Iterable[tuple[Raw, Judged]]) -> Iterator[list[tuple[Raw, Judged]]]:
    left = iter(pairs)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def _stored(file: ImportFile) -> Iterator[Raw]:
    rows = file.rows.exclude(verdict=Verdict.END).order_by("number")
    return (Raw(*row) for row in rows.values_list(*Raw._fields).iterator(chunk_size=1000))


def _verdicts(file: ImportFile, first: int, last: int) -> dict[int, tuple[str, dict[str, Any]]]:
    rows = file.rows.filter(number__gte=first, number__lte=last)
    return {number: (verdict, judged) for number, verdict, judged in rows.values_list("number", "verdict", "judged")}


def _write_endings(file: ImportFile, rows: Sequence[Raw], missing: Iterable[Known]) -> None:
    """Append who a roster misses behind the last row."""
    numbered = enumerate(missing, start=rows[-1].number + 1)
    for some in _in_parts((Raw(number, ()), _ending(number, known)) for number, known in numbered):
        ImportRow.objects.bulk_create(_row(file, raw, judged) for raw, judged in some)


def _ending(number: int, known: Known) -> Judged:
    judged = Judged(number=number, verdict=Verdict.END, account=known, name=known.name, address=known.address)
    judged.campaign, judged.owner = known.campaign, known.owner
    return judged


def _row(file: ImportFile, raw: Raw, judged: Judged) -> ImportRow:
    return ImportRow(
        file=file,
        number=raw.number,
        cells=raw.cells,
        formulas=raw.formulas,
        answers=raw.answers,
        verdict=judged.verdict,
        judged=as_json(judged),
        account_id=judged.account.id if judged.account else None,
    )


def _world(file: ImportFile, rows: Sequence[Raw], now: datetime) -> World:
    entries = list(_named(file, rows))
    return world(
        names={folded(name) for name, _, _ in entries},
        numbers={number.casefold() for _, number, _ in entries} - {""},
        given={address.lower() for _, _, address in entries} - {""},
        campaign=file.campaign,
        reach=Reach.read(file.reach),
        now=now,
    )


def _named(file: ImportFile, rows: Sequence[Raw]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the number and the address of each row."""
    for entry in _entries(file, rows):
        name = entry.cell(Field.NAME) or f"{entry.cell(Field.FIRST_NAME)} {entry.cell(Field.LAST_NAME)}"
        yield name, entry.cell(Field.NUMBER), entry.cell(Field.ADDRESS)


def _entries(file: ImportFile, rows: Sequence[Raw]) -> Iterator[Entry]:
    """Yield rows by the meaning of their columns."""
    used = [(Field(column), place) for place, column in enumerate(file.columns) if column]
    for_all = frozenset(map(Answer, file.answers))
    for number, cells, formulas, answers in rows:
        yield Entry(
            number=number,
            cells={field: cells[place] for field, place in used if place < len(cells)},
            formulas=tuple((_field_at(file, place), _heading_at(file, place)) for place in formulas),
            answers=for_all.union(map(Answer, answers)) if answers else for_all,
        )


def _field_at(file: ImportFile, place: int) -> Field | None:
    return Field(file.columns[place]) if place < len(file.columns) and file.columns[place] else None


def _heading_at(file: ImportFile, place: int) -> str:
    return (file.headings[place] if place < len(file.headings) else "") or f"{place + 1}"


_KEPT_AS_THEY_ARE = (
    "name",
    "address",
    "address_is_given",
    "employee_number",
    "owner",
    "purpose",
    "note",
    "profile",
    "campaign",
    "campaign_is_new",
    "follows_campaign",
)


def as_json(judged: Judged) -> dict[str, Any]:
    """Return what is kept of a judgement, as a JSON column gives it back."""
    kept: dict[str, Any] = {name: getattr(judged, name) for name in _KEPT_AS_THEY_ARE}
    kept["problems"] = [_rule(rule) for rule in judged.problems]
    kept["notes"] = [_rule(rule) for rule in judged.notes]
    kept["first_day"] = judged.first_day.isoformat() if judged.first_day else None
    kept["last_day"] = judged.last_day.isoformat() if judged.last_day else None
    kept["changes"] = {name: list(change) for name, change in judged.changes.items()}
    return kept


def _rule(rule: RuleBroken) -> dict[str, Any]:
    return {"code": rule.code, "field": str(rule.field or ""), "values": _plain(rule.values)}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, (int, str, list)) else str(value) for name, value in values.items()}
