"""People type a last day; the program keeps an exclusive moment. The company's zone lies between them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.domain.errors import RuleBroken

FIRST_YEAR, LAST_YEAR = 2000, 2199


def in_reach(day: date) -> bool:
    """Say whether a day is of the years that the panel reckons with."""
    return FIRST_YEAR <= day.year <= LAST_YEAR


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day, in UTC; also where a zone skips midnight."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def end_of(last_day: date, zone: ZoneInfo) -> datetime:
    """Return the exclusive end that an inclusive last day means, in UTC."""
    try:
        return day_start(last_day + timedelta(days=1), zone)
    except OverflowError:
        raise RuleBroken("date_out_of_range", field="ends_at") from None


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """Return the last day on which the account is open, as people say it."""
    return (ends_at - timedelta(microseconds=1)).astimezone(zone).date()


def days_later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the same time of day so many days later, in UTC; a day of the calendar can have 23 or 25 hours.

    The end of a day becomes the end of the later day, whether or not a zone skips one of the midnights.
    """
    day = last_day(moment, zone)
    if moment == end_of(day, zone):
        return end_of(day + timedelta(days=days), zone)
    local = moment.astimezone(zone).replace(tzinfo=None) + timedelta(days=days)
    return local.replace(tzinfo=zone).astimezone(UTC)


def moment(text: str, zone: ZoneInfo, *, field: str, inclusive: bool = False) -> datetime:
    """Read ISO 8601; a date alone is a day of the company's zone, a time without an offset is local to it.

    `inclusive` reads a date alone as a last day, as it is meant for an end.

    :raises RuleBroken: if it is not a date or moment of the years 2000 to 2199
    """
    try:
        if len(text) <= len("2026-11-24"):
            day = date.fromisoformat(text)
            value = end_of(day, zone) if inclusive else day_start(day, zone)
        else:
            parsed = datetime.fromisoformat(text)
            value = (parsed if parsed.tzinfo else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RuleBroken("not_a_date", field=field, text=text[:40]) from None
    if not in_reach(value):
        raise RuleBroken("date_out_of_range", field=field)
    return value
