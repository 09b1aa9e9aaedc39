"""Starting an import: its sheet is judged once more, and what changes becomes the rows of a job.

A short sheet is started while somebody waits for the page. Of a long one that would be many seconds, in which nobody
else could write: a worker does it (batch_starts.py), and where a rule refuses the start the sheet is as before it,
with the reason beside it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import OperationalError, transaction
from django.db.models import QuerySet

from accounts.domain import plan
from accounts.domain.errors import RuleBroken
from accounts.domain.sheets.rows import Verdict
from accounts.models import ImportFile, ImportRow
from accounts.services import batches
from accounts.services.batch_starts import Held, TakenOver
from accounts.services.import_judging import judge_again
from accounts.services.import_plan import planned_rows
from accounts.services.import_world import in_scope

log = logging.getLogger(__name__)

AT_ONCE = 500
"""So many rows are judged again and planned in one transaction, while somebody waits."""
_PART = 200
"""So many rows of a longer list are written in one transaction, which others hardly notice."""


def changes_of(file: ImportFile) -> QuerySet[ImportRow]:
    return file.rows.filter(verdict__in=(Verdict.CREATE, Verdict.UPDATE, Verdict.END)).order_by("number")


def require_startable(file: ImportFile, *, expected: int | None, typed: int | None, now: datetime) -> int:
    """Return how many changes a judged sheet makes.

    :raises RuleBroken: `plan_moved`, `nothing_to_do`, or `type_the_number` where a roster ends many
    """
    number = changes_of(file).count()
    if expected is not None and expected != number:
        raise RuleBroken("plan_moved", number=number)
    if not number:
        raise RuleBroken("nothing_to_do")
    if (wanted := brake(file, now)) is not None and typed != wanted:
        raise RuleBroken("type_the_number", field="number", number=wanted)
    return number


def brake(file: ImportFile, now: datetime) -> int | None:
    """Return the number that has to be typed before a roster ends so many; None where it need not be."""
    if not file.roster or not file.counts.get(Verdict.END):
        return None
    ends = file.rows.filter(verdict=Verdict.END, account__isnull=False).values_list("account__ends_at", flat=True)
    return plan.number_to_type(ends.iterator(), scope=in_scope(file).count(), now=now)


def plan_and_run(held: Held) -> None:
    """Judge a long sheet again, plan its rows and let them run; or hand it back, and say why."""
    file = ImportFile.everywhere.get(batch=held.batch)
    try:
        _plan(file, held)
        with transaction.atomic():
            held.hold()
            batches.run_planned(held.batch, now=held.clock())
    except RuleBroken as refused:
        _hand_back(file, held, refused)
    except (TakenOver, OperationalError):
        raise  # Who holds it now, or takes it up after the lease, begins anew.
    except Exception:
        log.exception("The start of import %s failed.", file.pk)
        _hand_back(file, held, RuleBroken("start_stumbled"))


def _plan(file: ImportFile, held: Held) -> None:
    # Whoever asked may have been limited to less since.
    file.reach = held.batch.reach
    judge_again(file, held.clock(), between=held.give_way)
    asked = held.batch.params
    require_startable(file, expected=asked["expected"], typed=asked["typed"], now=held.clock())
    last, planned = -1, 0
    while rows := _after(file, last):
        plans = list(planned_rows(rows))
        with transaction.atomic():
            held.hold()
            batches.add_rows(held.batch, plans, now=held.clock(), after=planned)
        last, planned = rows[-1].number, planned + len(rows)
        held.give_way()


def _after(file: ImportFile, number: int) -> Sequence[ImportRow]:
    return list(changes_of(file).filter(number__gt=number)[:_PART])


def _hand_back(file: ImportFile, held: Held, refused: RuleBroken) -> None:
    """Let the sheet be looked at and mended again."""
    held.forget_rows()
    with transaction.atomic():
        held.hold()
        file.batch, file.refusal = None, {"code": refused.code, "values": refused.values}
        file.save(update_fields=["batch", "refusal"])
        held.batch.delete()
