"""The job runner of an embedded panel; `serve` keeps one running."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from accounts.management.base import Answer, ReportingCommand, clock
from accounts.management.running import Runner, stop_on_signals
from accounts.models import Operation, Status


class Command(ReportingCommand):
    help = "Carries out what waits for the mail server, and the schedule; SIGTERM ends it after the batch in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--until-idle",
            action="store_true",
            help="Carry out jobs and changes that are due, not the schedule, and end; a try due later counts as idle.",
        )

    def report(self, *, until_idle: bool, **options: Any) -> Answer:
        started, runner = clock(), Runner(clock)
        stop_on_signals(runner)
        if until_idle:
            runner.until_idle()
        else:
            runner.run()
        settled = Operation.objects.filter(settled_at__gte=started)
        content = {
            "done": settled.filter(status=Status.DONE).count(),
            "failed": settled.filter(status=Status.FAILED).count(),
            "waiting": Operation.objects.open().count(),
        }
        return Answer(
            content, ["{done} done, {failed} failed, {waiting} waiting.".format(**content)] if until_idle else []
        )
