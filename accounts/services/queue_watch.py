"""The watch over waiting mail: counted every few minutes, and told once when it does not move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TypeVar

from django.conf import settings
from django.db import transaction
from django.db.models.functions import TruncHour
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import mailserver, outbox
from accounts.domain import answers
from accounts.domain.answers import Reason
from accounts.models import Pulse, QueueSample
from accounts.services.notices import raise_notice, settle_notice

EVERY = timedelta(minutes=5)
CLOSE = timedelta(days=2)
"""So long every sample is kept; then the highest of each hour."""
KEPT = timedelta(days=90)
LOOKED_AT = 2000
"""So many messages are looked at for the oldest: 0.16 shows first what is tried next."""
QUEUE = "queue"
STUCK = "queue-stuck"

Name = TypeVar("Name", bound=str)


def sample(now: datetime) -> QueueSample:
    """Count what waits, and tell the administrators if it does not move.

    :raises StalwartError: if the server does not answer
    """
    total, oldest_at = look()
    with transaction.atomic():
        taken, _is_new = QueueSample.objects.update_or_create(at=now, defaults={"total": total, "oldest_at": oldest_at})
        facts = {"total": total, "oldest_at": oldest_at.isoformat() if oldest_at else None}
        Pulse.objects.update_or_create(name=QUEUE, defaults={"at": now, "facts": facts})
        _thin(now)
    _tell(taken, now)
    return taken


def look() -> tuple[int, datetime | None]:
    """Return how many messages wait, and since when the oldest does."""
    client = mailserver.client()
    total = client.queue.messages(limit=1).total
    oldest_at = min((message.created_at for message in islice(outbox.walk_queue(client), LOOKED_AT)), default=None)
    return total, oldest_at


def is_stuck(total: int, oldest_at: datetime | None, now: datetime) -> bool:
    waits = oldest_at is not None and now - oldest_at > settings.QUEUE_STUCK_AFTER
    return waits or total > settings.QUEUE_STUCK_COUNT


def _tell(taken: QueueSample, now: datetime) -> None:
    if not is_stuck(taken.total, taken.oldest_at, now):
        settle_notice(STUCK, now)
        return
    raise_notice(
        "queue_stuck",
        key=STUCK,
        title=_title(taken, now),
        text=_("The mail server goes on trying by itself. The page says of each message what the other side answered."),
        path="/queue/",
        now=now,
    )


def _title(taken: QueueSample, now: datetime) -> str:
    waiting = ngettext("%(n)s message waits for delivery", "%(n)s messages wait for delivery", taken.total)
    hours = int((now - taken.oldest_at).total_seconds() // 3600) if taken.oldest_at else 0
    if not hours:
        return waiting % {"n": taken.total}
    since = ngettext("the oldest for %(hours)s hour", "the oldest for %(hours)s hours", hours) % {"hours": hours}
    return f"{waiting % {'n': taken.total}}, {since}"


def _thin(now: datetime) -> None:
    """Keep of older samples the highest of each hour, and none for ever."""
    QueueSample.objects.filter(at__lt=now - KEPT).delete()
    older = QueueSample.objects.filter(at__lt=now - CLOSE).annotate(hour=TruncHour("at", tzinfo=UTC))
    rows = older.order_by("hour", "-total", "at").values_list("pk", "hour")
    QueueSample.objects.filter(pk__in=_all_but_first(rows)).delete()


def _all_but_first(rows: Iterable[tuple[int, datetime]]) -> list[int]:
    """Return the samples that are not the first of their hour."""
    seen: set[datetime] = set()
    spare = []
    for pk, hour in rows:
        if hour in seen:
            spare.append(pk)
        seen.add(hour)
    return spare


@dataclass(frozen=True, slots=True)
class Stats:
    """All that waits, counted: by recipients' domain and by what was answered, the most first."""

    total: int
    oldest_at: datetime | None
    domains: list[tuple[str, int]]
    answers: list[tuple[Reason, int]]


def stats() -> Stats:
    """Read the whole queue; a message to two domains counts in both.

    :raises StalwartError: if the server does not answer
    """
    messages = list(outbox.walk_queue(mailserver.client()))
    domains: Counter[str] = Counter()
    said: Counter[Reason] = Counter()
    for message in messages:
        domains.update({each.address.rpartition("@")[2].lower() for each in message.recipients})
        said[answers.read(message.last_answer).reason] += 1
    oldest_at = min((message.created_at for message in messages), default=None)
    return Stats(len(messages), oldest_at, _most_first(domains), _most_first(said))


def _most_first(counted: Counter[Name]) -> list[tuple[Name, int]]:
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
