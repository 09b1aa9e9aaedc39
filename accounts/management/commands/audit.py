"""The log from the command line."""

from __future__ import annotations

from datetime import date
from typing import Any

from accounts import audit
from accounts.management import arguments
from accounts.management.base import AddAction, Answer, CommandGroup, actor, clock
from accounts.queries import log_export
from accounts.queries.csv_text import csv_lines
from accounts.queries.events import Search
from accounts.services.exports import record_log_export


class Command(CommandGroup):
    help = "Checks the log, and takes it away."

    def add_actions(self, add: AddAction) -> None:
        add("verify", self.verify, "Walk the whole chain and name the first entry that was changed.")
        export = add("export", self.export, "Write entries to stdout, oldest first; the log notes that.")
        export.add_argument("--since", type=arguments.day, metavar="DAY", help="2026-11-01, that day included")
        export.add_argument("--until", type=arguments.day, metavar="DAY", help="2026-11-30, that day included")
        export.add_argument("--format", choices=["jsonl", "csv"], default="jsonl", dest="kind")

    def verify(self, **options: Any) -> Answer:
        verdict = audit.verify()
        content = {"entries": verdict.entries, "unbroken": verdict.unbroken, "first_bad": verdict.first_bad}
        if verdict.unbroken:
            return Answer(content, [f"The log is unbroken: {verdict.entries} entries."])
        return Answer(content, failure=f"The log was changed from outside: entry {verdict.first_bad} does not fit.")

    def export(self, *, since: date | None, until: date | None, kind: str, json: bool, **options: Any) -> Answer:
        search = Search(since=since, until=until)
        last = record_log_export(search, kind=kind, by=actor(), now=clock())
        if json:
            return Answer({"entries": list(log_export.walk(search, last))})
        if kind == "csv":
            return Answer({}, csv_lines(log_export.rows(search, last)))
        return Answer({}, log_export.json_lines(search, last))
