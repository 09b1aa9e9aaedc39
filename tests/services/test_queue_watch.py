"""The watch over waiting mail: samples that thin out, one notice while it lasts, and the counts of `queue stats`."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from accounts.domain.answers import Reason
from accounts.models import Notice, Pulse, QueueSample
from accounts.services import queue_watch
from stalwart_client import Unreachable
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def test_what_waits_is_counted(server: Simulator, now: datetime) -> None:
    server.plant_message("a@metrosure.app", ["x@example.org"], created_at=now - 20 * MINUTE)
    server.plant_message("b@metrosure.app", ["y@example.org"], created_at=now - 40 * MINUTE)

    sample = queue_watch.sample(now)

    assert (sample.total, sample.oldest_at) == (2, now - 40 * MINUTE)
    assert Pulse.objects.get(name="queue").facts == {"total": 2, "oldest_at": (now - 40 * MINUTE).isoformat()}
    assert not Notice.objects.exists()


def test_nothing_waits(server: Simulator, now: datetime) -> None:
    sample = queue_watch.sample(now)

    assert (sample.total, sample.oldest_at) == (0, None)


def test_a_server_that_is_away_is_not_counted_as_empty(server: Simulator, now: datetime) -> None:
    server.go_down()

    with pytest.raises(Unreachable):
        queue_watch.sample(now)

    assert not QueueSample.objects.exists()


def test_stuck_mail_is_told_once_and_settled_when_it_moves(server: Simulator, clock: Clock, settings: Settings) -> None:
    server.plant_message("a@metrosure.app", ["x@example.org"], created_at=clock() - 3 * HOUR)
    queue_watch.sample(clock())
    queue_watch.sample(clock.pass_(seconds=300))
    notice = Notice.objects.get()
    lasted = notice.settled_at

    settings.QUEUE_STUCK_AFTER = timedelta(days=1)
    queue_watch.sample(clock.pass_(seconds=300))

    notice.refresh_from_db()
    assert notice.title == "1 message waits for delivery, the oldest for 3 hours"
    assert notice.path == "/queue/"
    assert (lasted, notice.settled_at) == (None, clock())


def test_too_much_is_stuck_too(server: Simulator, now: datetime, settings: Settings) -> None:
    settings.QUEUE_STUCK_COUNT = 2
    for number in range(2):
        server.plant_message("a@metrosure.app", [f"p{number}@example.org"])
    queue_watch.sample(now)
    told = Notice.objects.exists()
    server.plant_message("a@metrosure.app", ["one-more@example.org"])
    queue_watch.sample(now + MINUTE)

    assert not told
    assert Notice.objects.get().title == "3 messages wait for delivery"


@pytest.mark.parametrize(
    ("total", "age", "stuck"),
    [
        (0, None, False),
        (1, 60 * MINUTE, False),
        (1, 61 * MINUTE, True),
        (200, MINUTE, False),
        (201, MINUTE, True),
    ],
)
def test_when_mail_is_stuck(total: int, age: timedelta | None, stuck: bool, now: datetime) -> None:
    assert queue_watch.is_stuck(total, now - age if age else None, now) is stuck


def test_old_samples_thin_out_to_the_highest_of_each_hour(server: Simulator, now: datetime) -> None:
    noon = now.replace(minute=0)
    for days, counts in ((1, (3, 4, 5)), (3, (1, 9, 2)), (91, (7,))):
        for number, total in enumerate(counts):
            QueueSample.objects.create(at=noon - timedelta(days=days) + number * 5 * MINUTE, total=total)

    queue_watch.sample(now)
    queue_watch.sample(now + 5 * MINUTE)

    kept = QueueSample.objects.filter(at__lt=now).order_by("at").values_list("total", flat=True)
    assert list(kept) == [9, 3, 4, 5]


def test_ten_thousand_messages_are_counted(server: Simulator, now: datetime) -> None:
    for number in range(10_000):
        server.plant_message("a@metrosure.app", [f"p{number}@example.org"])

    sample = queue_watch.sample(now)

    assert sample.total == 10_000


def test_stats_count_by_domain_and_answer(server: Simulator, now: datetime) -> None:
    full = "452 4.2.2 Mailbox full"
    server.plant_message("a@metrosure.app", ["x@Example.org", "y@example.org", "z@example.net"], answer=full)
    server.plant_message("b@metrosure.app", ["x@example.org"], answer=full, created_at=now - HOUR)
    server.plant_message("c@metrosure.app", ["x@example.com"])

    stats = queue_watch.stats()

    assert (stats.total, stats.oldest_at) == (3, now - HOUR)
    assert stats.domains == [("example.org", 2), ("example.com", 1), ("example.net", 1)]
    assert stats.answers == [(Reason.MAILBOX_FULL, 2), (Reason.NOT_TRIED, 1)]
