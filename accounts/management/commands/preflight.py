"""Before installing: what is missing on this machine and around it."""

from __future__ import annotations

from typing import Any

from accounts.management.base import Answer, ReportingCommand
from accounts.management.checking import checks
from accounts.services import preflight


class Command(ReportingCommand):
    help = "Looks, before installing, whether everything is there that the panel needs; exit 1 if something is not."

    needs_tables = False

    def report(self, **options: Any) -> Answer:
        return checks(preflight.examine())
