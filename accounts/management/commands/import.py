# ruff: noqa: N999 - the command's own name is a word of the language
"""A spreadsheet from the command line: what each row would do, and on demand doing it."""

from __future__ import annotations

import sys
from argparse import BooleanOptionalAction
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts import outbox
from accounts.domain.sheets.rows import Answer, Verdict
from accounts.domain.sheets.sheet import LARGEST_FILE
from accounts.mailserver import StalwartError
from accounts.management.base import Answer as Said
from accounts.management.base import Failed, ReportingCommand, WrongUse, actor, clock
from accounts.management.jobs import carry_out
from accounts.models import Batch, ImportFile
from accounts.queries import batch_rows
from accounts.queries import imports as queries
from accounts.queries.batch_rows import Show
from accounts.services import imports as services

_COUNTED = (Verdict.CREATE, Verdict.UPDATE, Verdict.SAME, Verdict.PROBLEM)


class Command(ReportingCommand):
    help = "Plans a spreadsheet (CSV, XLSX or ODS): create, update, same or problem. With --apply it is carried out."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", metavar="FILE", help="The spreadsheet; - reads it from the standard input.")
        parser.add_argument("--campaign", default="", help="For rows that name none; made if it is new.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would happen, which is the default.")
        parser.add_argument("--apply", action="store_true", help="Create and update; rows with a problem are left out.")
        parser.add_argument("--campaign-end", action="store_true", help="Rows without a last day get the campaign's.")
        parser.add_argument("--campaign-owner", action="store_true", help="Rows without an owner get the campaign's.")
        parser.add_argument(
            "--day-first", action=BooleanOptionalAction, help="Read 03/04 as 3 April (or not), without asking."
        )
        parser.add_argument(
            "--roster", action="store_true", help="The sheet is all of the campaign: who is missing from it is ended."
        )
        parser.add_argument("--owner", default="", metavar="MAIL", help="With --roster: it is all of this owner's.")
        parser.add_argument(
            "--department", default="", metavar="PURPOSE", help="With --roster: it is all of this department's."
        )
        parser.add_argument("--confirm-ends", type=int, metavar="N", help="Let a roster end exactly this many.")

    def report(self, *, file: str, dry_run: bool, apply: bool, **options: Any) -> Said:
        if apply and dry_run:
            raise WrongUse("Either --dry-run or --apply.", field="apply")
        for name in ("owner", "department", "confirm_ends"):
            if options[name] and not options["roster"]:
                raise WrongUse(f"--{name.replace('_', '-')} is about a roster: it needs --roster.", field=name)
        data, now = _bytes(file), clock()
        # The mail server may have got a domain by another way.
        with suppress(StalwartError):
            outbox.refresh_domains(now)
        name = "" if file == "-" else Path(file).name
        sheet = services.upload(name=name, data=data, by=actor(), now=now, options=_options(options))
        batch = None
        try:
            content = _content(sheet)
            batch = _start(sheet, options["confirm_ends"], now) if apply else None
        finally:
            if batch is None:
                services.throw_away(sheet.pk, by=actor())
        if batch is None:
            return Said(content, _lines(content, applied=False))
        carry_out(batch, clock)
        _require_started(sheet)
        failed = [f"{row.address}: {row.said}" for row in batch_rows.walk(batch, Show.FAILED, clock())]
        return Said({**content, "job": batch.pk}, [*_lines(content, applied=True), *failed])


def _bytes(name: str) -> bytes:
    """Read a file, but never more than can be looked at."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with Path(name).open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Failed(f"{name} cannot be read: {error.strerror}.", field="file") from error


def _options(options: dict[str, Any]) -> services.Options:
    answers = set()
    if options["campaign_end"]:
        answers.add(Answer.CAMPAIGN_END)
    if options["campaign_owner"]:
        answers.add(Answer.CAMPAIGN_OWNER)
    if options["day_first"] is not None:
        answers.add(Answer.DAY_FIRST if options["day_first"] else Answer.MONTH_FIRST)
    return services.Options(
        campaign=options["campaign"],
        roster=options["roster"],
        roster_owner=options["owner"],
        roster_department=options["department"],
        answers=frozenset(answers),
    )


def _content(sheet: ImportFile) -> dict[str, Any]:
    """Return what the sheet would do; who a roster ends is counted only where it is one."""
    found = queries.all_problems(sheet)
    content: dict[str, Any] = {"rows": sum(sheet.counts.values()) - sheet.counts.get(Verdict.END, 0)}
    content |= {verdict.value: sheet.counts.get(verdict, 0) for verdict in _COUNTED}
    if sheet.roster:
        content["end"] = sheet.counts.get(Verdict.END, 0)
    content["problems"] = [{"row": found.row, "field": found.field, "message": found.message} for found in found]
    return {**content, "job": None}


def _start(sheet: ImportFile, confirmed: int | None, now: datetime) -> Batch | None:
    if not any(sheet.counts.get(verdict) for verdict in (Verdict.CREATE, Verdict.UPDATE, Verdict.END)):
        return None
    return services.start_import(sheet.pk, by=actor(), now=now, typed=confirmed)


def _require_started(sheet: ImportFile) -> None:
    """Say what refused a long sheet when it was judged once more, and forget it, as nothing of it was done."""
    sheet.refresh_from_db(fields=["refusal"])
    if rule := sheet.refused_by:
        services.throw_away(sheet.pk, by=actor())
        raise rule


def _lines(content: dict[str, Any], *, applied: bool) -> list[str]:
    lines = [f"Row {found['row']}: {found['message']}" for found in content["problems"]]
    numbers = "{rows} rows: {create} to create, {update} to update, {same} done already, {problem} with a problem"
    summary = numbers.format(**content)
    if "end" in content:
        summary += f", {content['end']} to end"
    if not applied and content["create"] + content["update"] + content.get("end", 0):
        summary += ". Nothing was changed; --apply does it"
    return [*lines, f"{summary}."]
