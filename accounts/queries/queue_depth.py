"""How much mail waited over the last two days, laid out for a drawing without script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import QueueSample
from accounts.queries import words

HOURS = 48
_BLOCK = 6
"""So many hours are one row of the table and have one mark below the drawing."""
_TOP, _BASE = 16, 96
_LEAST = 4
"""The drawing is this high at least, so that one message is no mountain."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour that was counted. Places are per cent of the width; a height of 0 is an hour in which nothing waited."""

    total: int
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Block:
    words: str
    mark: str
    """What stands under the drawing; every other block has room for it."""
    x: str
    most: int | None
    """None where nobody counted."""
    oldest: str


@dataclass(frozen=True, slots=True)
class Depth:
    bars: list[Bar]
    blocks: list[Block]
    bar_width: str
    most: int
    now: int | None
    said: str


@dataclass(slots=True)
class _Hour:
    total: int = 0
    age: timedelta = timedelta(0)


def depth(now: datetime) -> Depth:
    """Take the highest count of each hour; hours in which nobody counted stay empty."""
    begins = _whole_hour(now) - timedelta(hours=HOURS - 1)
    hours: dict[int, _Hour] = {}
    latest: int | None = None
    samples = QueueSample.objects.filter(at__gte=begins, at__lte=now).order_by("at")
    for at, total, oldest_at in samples.values_list("at", "total", "oldest_at"):
        hour = hours.setdefault(int((at - begins) / timedelta(hours=1)), _Hour())
        hour.total = max(hour.total, total)
        hour.age = max(hour.age, at - oldest_at if oldest_at else timedelta(0))
        latest = total
    most = max((hour.total for hour in hours.values()), default=0)
    return Depth(
        bars=[_bar(position, hour.total, max(most, _LEAST)) for position, hour in sorted(hours.items())],
        blocks=[_block(begins, start, hours, now) for start in range(0, HOURS, _BLOCK)],
        bar_width=_place(0.76),
        most=most,
        now=latest,
        said=_said(most, latest),
    )


def _whole_hour(moment: datetime) -> datetime:
    return moment.astimezone(words.zone()).replace(minute=0, second=0, microsecond=0)


def _bar(position: int, total: int, tallest: int) -> Bar:
    height = (_BASE - _TOP) * total / tallest
    return Bar(total, _place(position + 0.12), f"{_BASE - height:.1f}", f"{height:.1f}")


def _block(begins: datetime, start: int, hours: dict[int, _Hour], now: datetime) -> Block:
    counted = [hours[position] for position in range(start, start + _BLOCK) if position in hours]
    at = begins + timedelta(hours=start)
    age = max((hour.age for hour in counted), default=timedelta(0))
    return Block(
        words=words.moment_words(at, now),
        mark="" if start % (2 * _BLOCK) else words.hour_words(at),
        x=_place(start),
        most=max((hour.total for hour in counted), default=None),
        oldest=words.duration(age) if age else "",
    )


def _place(position: float) -> str:
    return f"{100 * position / HOURS:.3f}%"


def _said(most: int, latest: int | None) -> str:
    if latest is None:
        return _("Waiting mail was not counted in the last two days.")
    counted = ngettext("%(n)s message waits now", "%(n)s messages wait now", latest) % {"n": latest}
    return _("%(now)s. The most in two days: %(most)s.") % {"now": counted, "most": most}
