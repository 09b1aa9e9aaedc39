"""Bringing a sheet: it is read and judged, looked at and mended, and then carried out as a batch.

Nothing happens to any account before `start_import`; what a row does then is in import_work.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.sheets import reading
from accounts.domain.sheets.columns import Field, folded, matched
from accounts.domain.sheets.rows import Answer, Verdict
from accounts.domain.sheets.sheet import LONGEST_CELL, is_formula
from accounts.models import Batch, ColumnMemory, ImportFile, ImportRow
from accounts.services import (
    batch_starts,
    batch_work,
    batches,
    checking,
    import_pages,
    import_start,
    import_work,
    placing,
)
from accounts.services.import_judging import Raw, judge, judge_again, write_rows
from accounts.services.import_plan import planned_rows
from accounts.services.import_world import campaign_spelt

KIND = "import"
batch_work.HANDLERS[KIND] = import_work.carry_out
batch_starts.STARTERS[KIND] = import_start.plan_and_run
batch_work.TOGETHER[KIND] = import_pages.carry_out_together
KEPT = timedelta(days=7)
"""How long the rows of a sheet stay."""
_FOR_ALL = frozenset({Answer.CAMPAIGN_END, Answer.CAMPAIGN_OWNER, Answer.DAY_FIRST, Answer.MONTH_FIRST})
"""Answers that can be given once for the whole sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What holds for all rows."""

    campaign: str = ""
    roster: bool = False
    roster_owner: str = ""
    roster_department: str = ""
    answers: frozenset[Answer] = frozenset()


def upload(*, name: str, data: bytes, by: Actor, now: datetime, options: Options | None = None) -> ImportFile:
    """Read a sheet and say of every row what it would do.

    A large one takes seconds to read and to judge: only writing it down is a transaction.

    :raises RuleBroken: with the field `file`, if it cannot be read or is more than can be looked at; else naming
        the option that is wrong
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
    rows = [Raw(row.number, row.cells, row.formulas) for row in sheet.rows]
    found = judge(file, rows, now)
    with transaction.atomic():
        file.save()
        write_rows(file, rows, found)
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
    return judge_again(file, now)


@transaction.atomic
def set_options(file_id: int, options: Options, *, by: Actor, now: datetime) -> ImportFile:
    """Say what holds for all rows."""
    file = _open_file(file_id, by)
    _take_over(file, options)
    return judge_again(file, now)


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
    swap_days: bool = False,
) -> ImportFile:
    """Correct cells of a row, answer a question of it, or take an answer back.

    :raises RuleBroken: if there is no such row, or a cell is too long or cannot be kept
    """
    file = _open_file(file_id, by)
    row = ImportRow.objects.filter(file=file, number=number).exclude(verdict=Verdict.END).first()
    if row is None:
        raise RuleBroken("no_such_row")
    if swap_days and {Field.FIRST_DAY, Field.LAST_DAY} <= set(cells):
        cells = {**cells, Field.FIRST_DAY: cells[Field.LAST_DAY], Field.LAST_DAY: cells[Field.FIRST_DAY]}
    for field, text in cells.items():
        _write(file, row, field, text)
    if empty_formulas:
        row.cells = ["" if place in row.formulas else cell for place, cell in enumerate(row.cells)]
        row.formulas = []
    row.answers = sorted({*row.answers, *([said] if said else [])} - {unsaid})
    row.save()
    return judge_again(file, now)


@transaction.atomic
def start_import(
    file_id: int, *, by: Actor, now: datetime, expected: int | None = None, typed: int | None = None
) -> Batch:
    """Carry the sheet out: every row that creates, updates or ends; rows with a problem stay behind.

    `expected` is how many changes somebody has seen: where it is another number by now, they look again. A long
    sheet is judged again by a worker: what is refused only then, its `refusal` says, and it has no job any more.

    :raises RuleBroken: `plan_moved`, `nothing_to_do`, or `type_the_number` where a roster ends many
    """
    file = _open_file(file_id, by)
    is_long = sum(file.counts.values()) > import_start.AT_ONCE
    if not is_long:
        judge_again(file, now)
    import_start.require_startable(file, expected=expected, typed=typed, now=now)
    params: dict[str, int | None] = {"file": file.pk}
    if is_long:
        params |= {"expected": expected, "typed": typed}
        file.batch = batches.ask_for(KIND, title=str(file), by=by, now=now, params=params)
    else:
        rows = planned_rows(import_start.changes_of(file))
        file.batch = batches.plan_batch(KIND, rows, title=str(file), by=by, now=now, params=params)
        file.batch = batches.start(file.batch.pk, by=by, now=now)
    file.save(update_fields=["batch", "reach", "refusal"])
    return file.batch


@transaction.atomic
def throw_away(file_id: int, *, by: Actor) -> None:
    """Forget a sheet that was not started."""
    _open_file(file_id, by).delete()


@transaction.atomic
def forget_old_sheets(now: datetime) -> int:
    """Delete the rows of sheets after a week; of those that were carried out the name and numbers stay."""
    old = ImportFile.objects.filter(uploaded_at__lte=now - KEPT, emptied_at=None)
    old = old.exclude(batch__in=Batch.objects.starting())
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
    file.reach, file.refusal = by.reach.as_plain(), {}
    return file


def _take_over(file: ImportFile, options: Options) -> None:
    if options.roster and not (options.campaign or options.roster_owner or options.roster_department):
        raise RuleBroken("roster_of_whom", field="roster")
    file.campaign, file.roster = campaign_spelt(placing.require_campaign_name(options.campaign)), options.roster
    owner = checking.text(options.roster_owner, field="roster_owner", longest=254)
    department = checking.text(options.roster_department, field="roster_department", longest=200)
    file.roster_owner, file.roster_department = (owner, department) if options.roster else ("", "")
    file.answers = sorted(options.answers & _FOR_ALL)


def _write(file: ImportFile, row: ImportRow, field: Field, text: str) -> None:
    """Put a text into the cell of a field; a sheet that lacks the column gets it."""
    if len(text) > LONGEST_CELL:
        raise RuleBroken("too_long", field=field, longest=LONGEST_CELL)
    if "\x00" in text:
        raise RuleBroken("not_printable", field=field)
    if field not in file.columns:
        file.headings, file.columns = [*file.headings, ""], [*file.columns, field.value]
        file.save(update_fields=["headings", "columns"])
    place = file.columns.index(field)
    cells = [*row.cells, *[""] * (place + 1 - len(row.cells))]
    cells[place] = text.strip()
    row.cells = cells
    row.formulas = [*(column for column in row.formulas if column != place), *([place] if is_formula(text) else [])]
