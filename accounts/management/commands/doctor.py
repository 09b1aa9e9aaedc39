"""What is wrong now and how to mend it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import DatabaseError

from accounts.management import database
from accounts.management.base import Answer, ReportingCommand, clock
from accounts.management.checking import checks
from accounts.services import doctor


class Command(ReportingCommand):
    help = "Looks at the database, the jobs and the mail server; exit 1 if something fails."

    needs_tables = False

    def report(self, **options: Any) -> Answer:
        # Without a database there is all the more to say.
        with suppress(DatabaseError, OSError):
            database.make_ready()
        return checks(doctor.examine(clock))
