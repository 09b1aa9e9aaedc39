"""The waiting mail of the demo: a few messages that other sides did not take yet, each for another reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sin

from accounts import mailserver
from accounts.models import QueueSample
from accounts.services import queue_watch

_SHOP, _OFFICE = "shop.metrosure.app", "metrosure.app"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    sender: str
    answers: dict[str, str]
    age: timedelta
    tried_again_in: timedelta
    size: int


_LETTERS = (
    _Letter(
        sender=f"michelle.naidoo@{_SHOP}",
        answers={"branch.manager@firstrandbank.example": "451 4.7.1 Greylisting in action, please come back later"},
        age=timedelta(minutes=4), tried_again_in=timedelta(minutes=6), size=48_211,
    ),
    _Letter(
        sender=f"rene.du.preez@{_OFFICE}",
        answers={
            "rosters@callcentre.example": "452 4.2.2 The recipient's mailbox is over quota",
            "shiftlead@callcentre.example": "",
        },
        age=timedelta(minutes=38), tried_again_in=timedelta(minutes=22), size=1_843_200,
    ),
    _Letter(
        sender=f"priya.reddy@{_SHOP}",
        answers={"reports@shopperhub.example": "Connection to 'mx1.shopperhub.example' failed: Timed out"},
        age=timedelta(minutes=51), tried_again_in=timedelta(minutes=9), size=312_004,
    ),
    _Letter(
        sender=f"katlego.phiri@{_SHOP}",
        answers={"thabo@forecourt.example": "DNS lookup failed: record not found for MX"},
        age=timedelta(minutes=27), tried_again_in=timedelta(minutes=33), size=8_912,
    ),
    _Letter(sender="", answers={"newsletter@bulk.example": ""}, age=timedelta(minutes=2),
            tried_again_in=timedelta(), size=3_104),
)  # fmt: skip


def plant(now: datetime) -> None:
    """Put the messages into the simulated server, and tell how the last two days went."""
    server = mailserver.simulator()
    for letter in _LETTERS:
        server.plant_message(
            letter.sender,
            list(letter.answers),
            answer=letter.answers,
            created_at=now - letter.age,
            next_try_at=now + letter.tried_again_in,
            size=letter.size,
        )
    QueueSample.objects.bulk_create(_past(now))


def _past(now: datetime) -> list[QueueSample]:
    """Return two days of samples: a little at night, more by day, and once a morning when a receiver was down."""
    moments = [now - number * queue_watch.EVERY for number in range(1, queue_watch.CLOSE // queue_watch.EVERY)]
    return [_sample_at(at, now) for at in moments]


def _sample_at(at: datetime, now: datetime) -> QueueSample:
    hours_ago = (now - at) / timedelta(hours=1)
    total = round(2.5 + 2 * sin(hours_ago / 3.8) + (9 if 26 < hours_ago < 29 else 0))
    return QueueSample(at=at, total=total, oldest_at=at - timedelta(minutes=4 * total) if total else None)
