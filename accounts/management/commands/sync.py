"""The comparison with the mail server from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandParser

from accounts import outbox
from accounts.domain.drift import Difference
from accounts.management.base import Answer, ReportingCommand, clock
from accounts.outbox.drifts import Found
from accounts.outbox.listing import Sync
from accounts.queries.compared import doubted


class Command(ReportingCommand):
    help = "Compares every mailbox of the mail server with our records, and lists what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="Say what differs, and write nothing down.")

    def report(self, *, dry_run: bool, **options: Any) -> Answer:
        found: list[Found] = []
        outcome = outbox.sync(clock(), dry_run=dry_run, tell=found.append)
        by_kind = {kind: sorted(each.address for each in found if each.kind is kind) for kind in Difference}
        different = [each for each in found if each.kind is Difference.DIFFERENT]
        content = {
            "only_there": by_kind[Difference.ONLY_THERE],
            "only_here": by_kind[Difference.ONLY_HERE],
            "different": [
                {"address": each.address, "fields": list(each.fields)}
                for each in sorted(different, key=lambda each: each.address)
            ],
        }
        failure = doubted(outcome.strange, missing=outcome.missing, expected=outcome.expected)
        return Answer(content, _lines(found, outcome), failure=failure)


def _lines(found: list[Found], outcome: Sync) -> Iterator[str]:
    said = {
        Difference.ONLY_THERE: "only on the server",
        Difference.ONLY_HERE: "no longer on the server",
        Difference.DIFFERENT: "different",
    }
    for each in sorted(found, key=lambda each: each.address):
        fields = f": {', '.join(each.fields)}" if each.kind is Difference.DIFFERENT else ""
        yield f"{each.address}  {said[each.kind]}{fields}"
    yield f"{outcome.listed} mailboxes listed, {len(found)} differences."
