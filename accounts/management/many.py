"""One change for all accounts that a filter lets through, from the command line: plan, brake, job, report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from accounts.domain.bulk import MOST_AT_ONCE, Intent
from accounts.management.base import Answer, Failed, WrongUse, actor, clock
from accounts.management.jobs import carry_out
from accounts.models import Batch
from accounts.queries import accounts, asked, batch_rows, bulk
from accounts.queries.batch_rows import JobRow, Show
from accounts.services import batches
from accounts.services.bulk import plan_bulk


def on_one_or_many(parser: CommandParser) -> CommandParser:
    """Let an action take one address, or a filter with what keeps it from surprising."""
    parser.add_argument("address", nargs="?")
    parser.add_argument(
        "--filter", metavar="QUERY", help="All that the list shows under this query: state=active&q=gauteng."
    )
    parser.add_argument("--dry-run", action="store_true", help="With --filter: only say who would change, and how.")
    parser.add_argument("--yes", type=int, metavar="NUMBER", help="With --filter: the number that the plan asks for.")
    return parser


def wants_many(options: dict[str, Any]) -> bool:
    """Say whether a filter was given.

    :raises WrongUse: if it is not exactly one of an address and a filter
    """
    if (options["address"] is None) == (options["filter"] is None):
        raise WrongUse("Give one address, or --filter.", field="address")
    if options["filter"] is None and (options["dry_run"] or options["yes"] is not None):
        raise WrongUse("--dry-run and --yes go with --filter.", field="filter")
    return options["filter"] is not None


def change_many(intent: Intent, *, filter: str, dry_run: bool, yes: int | None) -> Answer:  # noqa: A002 - the option's name
    """Plan it, and unless it is a dry run or the brake says no, carry it out in this process."""
    now = clock()
    with transaction.atomic():
        batch = _planned(intent, filter, now)
        if dry_run:
            answer = _foreseen(batch, now)
            batch.delete()
            return answer
        if batch.number_to_type not in {None, yes}:
            number, title = batch.number_to_type, batch.title
            transaction.set_rollback(True)
            raise Failed(f"{title}: look at them with --dry-run, then add --yes {number}.", field="yes")
        batches.start(batch.pk, by=actor(), now=now, typed=yes)
    carry_out(batch, clock)
    return _report(batch, clock())


def _planned(intent: Intent, query: str, now: datetime) -> Batch:
    ids = accounts.ids(asked.read_strictly(query), now, MOST_AT_ONCE)
    if not ids:
        raise Failed("No account is like this.", field="filter")
    return plan_bulk(ids, intent, by=actor(), now=now, scope=accounts.counts(now).on_server)


def _foreseen(batch: Batch, now: datetime) -> Answer:
    will = list(batch_rows.walk(batch, Show.WILL, now))
    stay = list(batch_rows.walk(batch, Show.SKIPPED, now))
    content = {
        "changes": [{"address": row.address, "fields": _fields(row)} for row in will],
        "stay": _reasons(stay),
        "number": batch.number_to_type,
    }
    return Answer(content, _foreseen_lines(batch, will, stay))


def _foreseen_lines(batch: Batch, will: list[JobRow], stay: list[JobRow]) -> Iterator[str]:
    for row in will:
        changes = ", ".join(f"{change.field} {change.before} → {change.after}" for change in row.changes)
        yield f"{row.address}  {changes}"
    for row in stay:
        yield f"{row.address}  stays: {row.said}"
    yield f"{batch.title}. {bulk.effect(batch)} Nothing has happened." if will else "Nothing would change."
    if batch.number_to_type:
        yield f"To do it, add --yes {batch.number_to_type}."


def _report(batch: Batch, now: datetime) -> Answer:
    done = batch_rows.chosen(batch, Show.DONE).count()
    failed = list(batch_rows.walk(batch, Show.FAILED, now))
    stay = list(batch_rows.walk(batch, Show.SKIPPED, now))
    content = {"job": batch.pk, "done": done, "failed": _reasons(failed), "stay": _reasons(stay)}
    lines = [f"{row.address}  {row.said}" for row in [*failed, *stay]]
    said = f"{done} done, {len(failed)} failed, {len(stay)} as they were."
    return Answer(content, [*lines, said], failure=f"{len(failed)} could not be changed." if failed else "")


def _fields(row: JobRow) -> list[dict[str, str]]:
    return [{"field": change.field, "before": change.before, "after": change.after} for change in row.changes]


def _reasons(rows: list[JobRow]) -> list[dict[str, str]]:
    return [{"address": row.address, "reason": row.said} for row in rows]
