"""How far a batch is: its rows counted, what is still on its way to the mail server, and how long it may take."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import OPEN_ROWS, Batch, BatchRow, Operation, RowStatus, Status

_SOONEST = timedelta(seconds=3)
"""Before this nothing can be said about how long it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A batch in numbers. A row has arrived when it is settled and the mail server has followed."""

    total: int
    waiting: int
    done: int
    failed: int
    skipped: int
    following: int
    """Rows that are done here and that the mail server has not followed yet."""
    refused: int
    """Rows that are done here and that the mail server does not take; a person decides."""
    left: timedelta | None
    """How long it goes on at the speed so far; None where that cannot be said."""

    @property
    def to_do(self) -> int:
        """Rows that were to be carried out at all."""
        return self.total - self.skipped

    @property
    def settled(self) -> int:
        return self.done + self.failed

    @property
    def arrived(self) -> int:
        return self.done - self.following - self.refused

    @property
    def failures(self) -> int:
        return self.failed + self.refused

    @property
    def is_over(self) -> bool:
        return not self.waiting and not self.following

    @property
    def percent(self) -> int:
        """Of the whole way: to our record, and from there to the server. 100 only when all of it is done."""
        ways = 2 * self.to_do
        gone = 2 * self.settled - self.following
        return 100 if not ways else math.floor(100 * gone / ways)

    @property
    def left_words(self) -> str:
        """Return "about 2 minutes left", or nothing where nobody can know."""
        if self.left is None or self.is_over:
            return ""
        minutes = round(self.left / timedelta(minutes=1))
        if minutes < 1:
            return _("less than a minute left")
        if minutes < 90:
            return ngettext("about %(n)s minute left", "about %(n)s minutes left", minutes) % {"n": minutes}
        hours = round(minutes / 60)
        return ngettext("about %(n)s hour left", "about %(n)s hours left", hours) % {"n": hours}


def progress(batch: Batch, now: datetime) -> Progress:
    found = dict(batch.rows.order_by().values_list("status").annotate(Count("pk")))
    following = on_their_way(batch).count()
    waiting = sum(found.get(status, 0) for status in OPEN_ROWS)
    return Progress(
        total=sum(found.values()),
        waiting=waiting,
        done=found.get(RowStatus.DONE, 0),
        failed=found.get(RowStatus.FAILED, 0),
        skipped=found.get(RowStatus.SKIPPED, 0),
        following=following,
        refused=refused(batch).count(),
        left=_left(batch, waiting + following, following, now),
    )


def on_their_way(batch: Batch) -> QuerySet[BatchRow]:
    """Return rows that are done here while the server still has to follow."""
    done = batch.rows.filter(status=RowStatus.DONE)
    return done.filter(account__in=Operation.objects.open().filter(account__isnull=False).values("account_id"))


def refused(batch: Batch) -> QuerySet[Operation]:
    """Return changes of these rows that the mail server does not take."""
    done = batch.rows.filter(status=RowStatus.DONE).values("account_id")
    return Operation.objects.filter(status=Status.FAILED, account__in=done, created_at__gte=batch.created_at)


def _left(batch: Batch, remaining: int, following: int, now: datetime) -> timedelta | None:
    """Go by what has wholly arrived since the start; while nothing arrives (the server is away) nobody knows."""
    if batch.started_at is None or (not batch.is_running and not following):
        return None
    gone = now - batch.started_at
    arrived = batch.rows.filter(settled_at__gte=batch.started_at).exclude(status=RowStatus.SKIPPED).count() - following
    if gone < _SOONEST or arrived < 1:
        return None
    return gone / arrived * remaining
