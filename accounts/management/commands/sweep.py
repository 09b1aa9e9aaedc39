"""The sweep from the command line: move every account whose time has come."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from accounts.domain.dates import moment
from accounts.management.base import Answer, ReportingCommand, WrongUse, actor, clock
from accounts.queries import words
from accounts.services import lifecycle


class Command(ReportingCommand):
    help = "Moves every account whose time has come: starts, ends, closes, and purges what nobody holds."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Say what would change, and change nothing.")
        parser.add_argument("--at", metavar="ISO", help="With --dry-run: what would change at this moment.")
        parser.add_argument("--confirm-purges", type=int, metavar="N", help="Let exactly this many purges go.")

    def report(self, *, dry_run: bool, at: str | None, confirm_purges: int | None, **options: Any) -> Answer:
        if at and not dry_run:
            raise WrongUse("--at looks ahead only: it needs --dry-run.", field="at")
        now = moment(at, words.zone(), field="at") if at else clock()
        swept = lifecycle.sweep(now=now, dry_run=dry_run, confirmed_purges=confirm_purges, by=actor())
        stopped = None if swept.stopped is None else _held_back(swept.stopped)
        changed = [{"address": move.address, "from": move.before, "to": move.after} for move in swept.changed]
        lines = [f"{move.address}: {move.before} to {move.after}" for move in swept.changed]
        summary = f"{len(changed)} {'would change' if dry_run else 'changed'}."
        return Answer({"changed": changed, "stopped": stopped}, [*lines, summary, *([stopped] if stopped else [])])


def _held_back(purges: int) -> str:
    return (
        f"{purges} mailboxes wait to be purged, more than {settings.SWEEP_PURGE_LIMIT} at once: nothing was purged. "
        f"Look at them, then run sweep --confirm-purges {purges}."
    )
