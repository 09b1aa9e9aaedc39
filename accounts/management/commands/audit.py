"""The log from the command line."""

from __future__ import annotations

from typing import Any

from accounts import audit
from accounts.management.base import AddAction, Answer, CommandGroup


class Command(CommandGroup):
    help = "Checks the log."

    def add_actions(self, add: AddAction) -> None:
        add("verify", self.verify, "Walk the whole chain and name the first entry that was changed.")

    def verify(self, **options: Any) -> Answer:
        verdict = audit.verify()
        content = {"entries": verdict.entries, "unbroken": verdict.unbroken, "first_bad": verdict.first_bad}
        if verdict.unbroken:
            return Answer(content, [f"The log is unbroken: {verdict.entries} entries."])
        return Answer(content, failure=f"The log was changed from outside: entry {verdict.first_bad} does not fit.")
