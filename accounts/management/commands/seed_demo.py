"""Fills an empty panel with what `make demo` shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from accounts import mailserver
from accounts.management import database, demo, demo_queue, demo_zones
from accounts.management.base import Answer, Failed, ReportingCommand, clock
from accounts.models import Account
from accounts.services import lifecycle, ticks


class Command(ReportingCommand):
    help = (
        "Fills an empty panel with 60 accounts and three people who can sign in; only with the simulated mail server."
    )

    def report(self, **options: Any) -> Answer:
        if not mailserver.is_simulated():
            raise Failed("The demo is only for the simulated mail server: its passwords are known to everybody.")
        # What an older demo left behind may lack tables.
        database.migrate()
        now = clock()
        if not demo.is_told():
            demo.welcome_people(demo.begins(now))
            demo.make_domains(demo.begins(now))
            demo.Story(now).tell()
            demo_queue.plant(now)
            if settings.DEMO_ZONES:
                demo_zones.publish(settings.DEMO_ZONES)
            lifecycle.sweep(now=clock())
            ticks.tick(clock)
        people = dict.fromkeys(demo.PEOPLE, demo.PASSWORD)
        lines = [f"Sign in as {name:<9} with {password}" for name, password in people.items()]
        return Answer({"accounts": Account.objects.count(), "people": people}, lines)
