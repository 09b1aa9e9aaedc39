"""Starting what is too long for the request that asks for it: a worker takes it with a lease and plans its rows.

What it writes it writes in parts, each a transaction so short that pages can write meanwhile. Nothing is carried out
before all is written; where its worker was killed, the next one begins anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts import outbox
from accounts.models import Batch, BatchRow, BatchState

_AT_ONCE = 500
_GIVES_WAY_EVERY = timedelta(seconds=1)

Clock = Callable[[], datetime]


class TakenOver(Exception):
    """The lease ran out, and another worker has taken it or somebody took the job back: nothing more is ours to do."""


@dataclass(slots=True)
class Held:
    """A job to be started, while this worker has it."""

    batch: Batch
    clock: Clock
    _gave_way_at: datetime

    def hold(self) -> None:
        """Go on holding it; the end of a lease tells ours from everybody else's, as each is later than the last.

        :raises TakenOver: if it is ours no more
        """
        until = self.clock() + settings.OUTBOX_LEASE
        ours = Batch.everywhere.starting().filter(pk=self.batch.pk, leased_until=self.batch.leased_until)
        if not ours.update(leased_until=until):
            raise TakenOver
        self.batch.leased_until = until

    def give_way(self) -> None:
        """Let what waits for the mail server go on, outside of any transaction: no lock waits for a long list."""
        if self.clock() - self._gave_way_at >= _GIVES_WAY_EVERY:
            self.hold()
            outbox.work(self.clock)
            self._gave_way_at = self.clock()

    def forget_rows(self) -> None:
        """Delete what was planned so far."""
        rows = BatchRow.objects.filter(batch=self.batch).order_by("position").values_list("pk", flat=True)
        while some := list(rows[:_AT_ONCE]):
            with transaction.atomic():
                self.hold()
                BatchRow.objects.filter(pk__in=some).delete()
            self.give_way()


Starter = Callable[[Held], None]
"""Plans the rows of a job and lets it run, or deletes it where a rule refuses that."""

STARTERS: dict[str, Starter] = {}
"""Who starts which kind of job; the modules that have long ones bring it along."""


def start_next(clock: Clock) -> bool:
    """Start one job that waits for it; say whether there was one."""
    held = _take(clock)
    if held is None:
        return False
    try:
        held.forget_rows()
        STARTERS[held.batch.kind](held)
    except TakenOver:
        pass
    return True


def _take(clock: Clock) -> Held | None:
    now = clock()
    free = Batch.everywhere.starting().filter(Q(leased_until=None) | Q(leased_until__lte=now))
    for batch in free.order_by("pk")[:1]:
        until = now + settings.OUTBOX_LEASE
        if free.filter(pk=batch.pk).update(leased_until=until):
            batch.leased_until = until
            return Held(batch, clock, now)
    return None


def free_leases(now: datetime) -> None:
    """Let go of what workers hold that are known to be dead."""
    Batch.everywhere.filter(state=BatchState.STARTING).update(leased_until=now)
