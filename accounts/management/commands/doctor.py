"""What is wrong now and how to mend it."""

from __future__ import annotations

from typing import Any

from accounts.management.base import Answer, ReportingCommand, clock
from accounts.management.checking import checks
from accounts.services import doctor


class Command(ReportingCommand):
    help = "Looks at the database, the jobs and the mail server; exit 1 if something fails."

    def report(self, **options: Any) -> Answer:
        return checks(doctor.examine(clock))
