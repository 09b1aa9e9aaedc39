"""Bringing a sheet: it is read and judged, looked at and mended, and then carried out as a batch.

Nothing happens to any account before `start_import`; what a row does then is in import_work.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.domain import plan
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.reach import Reach
from accounts.domain.sheets import judging, reading
from accounts.domain.sheets.columns import Field, folded, matched
from accounts.domain.sheets.rows import Answer, Entry, Judged, Known, Verdict
from accounts.domain.sheets.sheet import LONGEST_CELL, is_formula
from accounts.models import Batch, ColumnMemory, ImportFile, ImportRow
from accounts.services import batch_work, batches, import_work
from accounts.services.import_plan import planned_rows
from accounts.services.import_world import scope_of, world

KIND = "import"
batch_work.HANDLERS[KIND] = import_work.carry_out
KEPT = timedelta(days=7)
"""How long the rows of a sheet stay."""
_AT_ONCE = 500
_FOR_ALL = frozenset({Answer.CAMPAIGN_END, Answer.CAMPAIGN_OWNER, Answer.DAY_FIRST, Answer.MONTH_FIRST})
"""Answers that can be given once for the whole sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What holds for all rows."""

    campaign: str = ""
    roster: bool = False
    roster_owner: str = ""
    answers: frozenset[Answer] = frozenset()


@transaction.atomic
def upload(*, name: str, data: bytes, by: Actor, now: datetime, options: Options | None = None) -> ImportFile:
    """Read a sheet and say of every row what it would do.

    :raises RuleBroken: with the field `file`, if it cannot be read or is more than can be looked at
    """
    sheet = reading.read(data)
    remembered = dict(ColumnMemory.objects.filter(uploaded_by=by.name).values_list("heading", "field"))
    file = ImportFile(
        name=name.replace("\\", "/").rpartition("/")[2][-200:],
        form=sheet.form,
        headings=sheet.headings,
        columns=matched(sheet.headings, remembered),
        uploaded_by=by.name,
        reach=by.reach.as_plain(),
        uploaded_at=now,
    )
    _take_over(file, options or Options())
    file.save()
    rows = [
        ImportRow(file=file, number=row.number, cells=row.cells, formulas=row.formulas, verdict=Verdict.PROBLEM)
        for row in sheet.rows
    ]
    _judge(file, rows, now)
    ImportRow.objects.bulk_create(rows, batch_size=_AT_ONCE)
    return file


@transaction.atomic
def map_columns(file_id: int, columns: Sequence[str], *, by: Actor, now: datetime) -> ImportFile:
    """Say what the columns hold, and remember it for this person's next sheet.

    :raises RuleBroken: if two columns are to hold the same
    """
    file = _open_file(file_id, by)
    used = [column for column in columns if column]
    if twice := next((column for column in used if used.count(column) > 1), ""):
        headings = [heading for heading, column in zip(file.headings, columns, strict=False) if column == twice]
        raise RuleBroken("column_twice", field="columns", headings=headings)
    if len(columns) != len(file.headings) or not set(used) <= set(Field):
        raise RuleBroken("column_unknown", field="columns")
    file.columns = list(columns)
    for heading, column in zip(file.headings, columns, strict=True):
        if key := folded(heading)[:200]:
            ColumnMemory.objects.update_or_create(uploaded_by=by.name, heading=key, defaults={"field": column})
    return _judge_again(file, now)


@transaction.atomic
def set_options(file_id: int, options: Options, *, by: Actor, now: datetime) -> ImportFile:
    """Say what holds for all rows."""
    file = _open_file(file_id, by)
    _take_over(file, options)
    return _judge_again(file, now)


@transaction.atomic
def mend_row(
    file_id: int,
    number: int,
    *,
    by: Actor,
    now: datetime,
    cells: Mapping[Field, str],
    said: Answer | None = None,
    unsaid: Answer | None = None,
    empty_formulas: bool = False,
) -> ImportFile:
    """Correct cells of a row, answer a question of it, or take an answer back.

    :raises RuleBroken: if there is no such row, or a cell is too long
    """
    file = _open_file(file_id, by)
    row = ImportRow.objects.filter(file=file, number=number).exclude(verdict=Verdict.END).first()
    if row is None:
        raise RuleBroken("no_such_row")
    for field, text in cells.items():
        _write(file, row, field, text)
    if empty_formulas:
        row.cells = ["" if place in row.formulas else cell for place, cell in enumerate(row.cells)]
        row.formulas = []
    row.answers = sorted({*row.answers, *([said] if said else [])} - {unsaid})
    row.save()
    return _judge_again(file, now)


@transaction.atomic
def start_import(
    file_id: int, *, by: Actor, now: datetime, expected: int | None = None, typed: int | None = None
) -> Batch:
    """Carry the sheet out: every row that creates, updates or ends; rows with a problem stay behind.

    `expected` is how many changes somebody has seen: where it is another number by now, they look again.

    :raises RuleBroken: `plan_moved`, `nothing_to_do`, or `type_the_number` where a roster ends many
    """
    file = _open_file(file_id, by)
    _judge_again(file, now)
    changes = file.rows.filter(verdict__in=(Verdict.CREATE, Verdict.UPDATE, Verdict.END))
    number = changes.count()
    if expected is not None and expected != number:
        raise RuleBroken("plan_moved", number=number)
    if not number:
        raise RuleBroken("nothing_to_do")
    if (wanted := brake(file, now)) is not None and typed != wanted:
        raise RuleBroken("type_the_number", field="number", number=wanted)
    rows = planned_rows(changes.order_by("number").iterator(chunk_size=1000))
    batch = batches.plan_batch(KIND, rows, title=str(file), by=by, now=now, params={"file": file.pk})
    file.batch = batch
    file.save(update_fields=["batch"])
    return batches.start(batch.pk, by=by, now=now)


def brake(file: ImportFile, now: datetime) -> int | None:
    """Return the number that has to be typed before a roster ends so many; None where it need not be."""
    if not file.roster or not file.counts.get(Verdict.END):
        return None
    ends = file.rows.filter(verdict=Verdict.END, account__isnull=False).values_list("account__ends_at", flat=True)
    scope = len(scope_of(campaign=file.campaign, owner=file.roster_owner, reach=Reach.read(file.reach)))
    return plan.number_to_type(ends, scope=scope, now=now)


@transaction.atomic
def throw_away(file_id: int, *, by: Actor) -> None:
    """Forget a sheet that was not started."""
    _open_file(file_id, by).delete()


@transaction.atomic
def forget_old_sheets(now: datetime) -> int:
    """Delete the rows of sheets after a week; of those that were carried out the name and numbers stay."""
    old = ImportFile.objects.filter(uploaded_at__lte=now - KEPT, emptied_at=None)
    never_started = old.filter(batch=None)
    number = old.count()
    never_started.delete()
    ImportRow.objects.filter(file__in=old).delete()
    old.update(emptied_at=now)
    return number


def _open_file(file_id: int, by: Actor) -> ImportFile:
    file = ImportFile.objects.within(by.reach).select_for_update().filter(pk=file_id).first()
    if file is None:
        raise RuleBroken("no_such_import")
    if file.is_started:
        raise RuleBroken("import_started")
    file.reach = by.reach.as_plain()
    return file


def _take_over(file: ImportFile, options: Options) -> None:
    if options.roster and not (options.campaign or options.roster_owner):
        raise RuleBroken("roster_of_whom", field="roster")
    file.campaign, file.roster = options.campaign.strip()[:120], options.roster
    file.roster_owner = options.roster_owner.strip()[:254] if options.roster else ""
    file.answers = sorted(options.answers & _FOR_ALL)


def _write(file: ImportFile, row: ImportRow, field: Field, text: str) -> None:
    """Put a text into the cell of a field; a sheet that lacks the column gets it."""
    if len(text) > LONGEST_CELL:
        raise RuleBroken("too_long", field=field, longest=LONGEST_CELL)
    if field not in file.columns:
        file.headings, file.columns = [*file.headings, ""], [*file.columns, field.value]
        file.save(update_fields=["headings", "columns"])
    place = file.columns.index(field)
    cells = [*row.cells, *[""] * (place + 1 - len(row.cells))]
    cells[place] = text.strip()
    row.cells = cells
    row.formulas = [*(column for column in row.formulas if column != place), *([place] if is_formula(text) else [])]


def _judge_again(file: ImportFile, now: datetime) -> ImportFile:
    """Judge all rows, as one row's mending can be another's, and write those that changed."""
    file.rows.filter(verdict=Verdict.END).delete()
    rows = list(file.rows.order_by("number"))
    before = [(row.verdict, row.judged) for row in rows]
    _judge(file, rows, now)
    differ = [row for row, was in zip(rows, before, strict=False) if (row.verdict, row.judged) != was]
    ImportRow.objects.bulk_update(
        [row for row in differ if row.pk], ["verdict", "judged", "account"], batch_size=_AT_ONCE
    )
    ImportRow.objects.bulk_create([row for row in rows if not row.pk], batch_size=_AT_ONCE)
    return file


def _judge(file: ImportFile, rows: list[ImportRow], now: datetime) -> None:
    """Give each row its verdict, and append who a roster misses."""
    entries = [_entry(file, row) for row in rows]
    judged = judging.judge(entries, _world(file, entries, now))
    for row, found in zip(rows, judged, strict=True):
        row.verdict, row.judged = found.verdict, as_json(found)
        row.account_id = found.account.id if found.account else None
    if file.roster:
        scope = scope_of(campaign=file.campaign, owner=file.roster_owner, reach=Reach.read(file.reach))
        last = rows[-1].number
        for number, known in enumerate(judging.missing(judged, scope), start=last + 1):
            rows.append(_ending(file, number, known))
    file.counts = Counter(row.verdict for row in rows)
    file.save()


def _world(file: ImportFile, entries: list[Entry], now: datetime) -> Any:
    return world(
        names={folded(_name(entry)) for entry in entries},
        numbers={entry.cell(Field.NUMBER).casefold() for entry in entries} - {""},
        given={entry.cell(Field.ADDRESS).lower() for entry in entries} - {""},
        campaign=file.campaign,
        reach=Reach.read(file.reach),
        now=now,
    )


def _name(entry: Entry) -> str:
    return entry.cell(Field.NAME) or f"{entry.cell(Field.FIRST_NAME)} {entry.cell(Field.LAST_NAME)}".strip()


def _entry(file: ImportFile, row: ImportRow) -> Entry:
    fields = [(Field(column), place) for place, column in enumerate(file.columns) if column and place < len(row.cells)]
    return Entry(
        number=row.number,
        cells={field: row.cells[place] for field, place in fields},
        formulas=tuple((_field_at(file, place), _heading_at(file, place)) for place in row.formulas),
        answers=frozenset(map(Answer, [*row.answers, *file.answers])),
    )


def _field_at(file: ImportFile, place: int) -> Field | None:
    return Field(file.columns[place]) if place < len(file.columns) and file.columns[place] else None


def _heading_at(file: ImportFile, place: int) -> str:
    return (file.headings[place] if place < len(file.headings) else "") or f"{place + 1}"


def _ending(file: ImportFile, number: int, known: Known) -> ImportRow:
    judged = Judged(number=number, verdict=Verdict.END, account=known, name=known.name, address=known.address)
    judged.campaign, judged.owner = known.campaign, known.owner
    return ImportRow(file=file, number=number, verdict=Verdict.END, judged=as_json(judged), account_id=known.id)


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
