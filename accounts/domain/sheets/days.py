"""Days as people write them: read the company's way, day before month, and doubtful ones are asked about."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from accounts.domain.dates import in_reach
from accounts.domain.errors import RuleBroken

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januarie",
            "feb february februarie",
            "mar march maart mrt",
            "apr april",
            "may mei",
            "jun june junie",
            "jul july julie",
            "aug august augustus",
            "sep sept september",
            "oct october okt oktober",
            "nov november",
            "dec december des desember",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS = re.compile(
    r"^(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|ma|di|wo|do|vr|sa|so|maandag|dinsdag|woensdag|donderdag|vrydag"
    r"|saterdag|sondag|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b[.,]*\s*"
)
_TIME = re.compile(r"[t\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]m)?(?:z|[+-]\d{2}:?\d{2})?$")
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_COMPACT = re.compile(r"((?:19|20|21)\d{2})(\d{2})(\d{2})")
_NUMBERS = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:(?:st|nd|rd|th|de|ste)(?![a-z]))?[-/.\s]*([a-z]+)[-/.,\s]*(\d{4}|\d{2})")
_MONTH_DAY = re.compile(r"([a-z]+)[-/.\s]*(\d{1,2})(?:st|nd|rd|th)?[-/.,\s]+(\d{4}|\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_SERIAL_START = date(1899, 12, 30)
"""Day 0 of Excel, which believes in a 29 February 1900."""


class Order(StrEnum):
    """Which of two numbers is the day."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(frozen=True, slots=True)
class Reading:
    """A day, and the other day that the same text can mean."""

    day: date
    other: date | None = None


@lru_cache(maxsize=1024)  # the rows of a list share their days
def read_day(text: str, *, field: str) -> Reading:
    """Read a day as typed.

    :raises RuleBroken: if it is no day of the years 2000 to 2199
    """
    reading = _read(_prepared(text))
    if reading is None:
        raise RuleBroken("not_a_day", field=field, text=text.strip()[:40])
    if not in_reach(reading.day):
        raise RuleBroken("date_out_of_range", field=field)
    return reading


def is_day(text: str) -> bool:
    """Say whether it is surely a day; any five figures could be one, as programs count days."""
    return not text.isdecimal() and _read(_prepared(text)) is not None


def chosen(reading: Reading, order: Order | None, *, field: str, text: str) -> date:
    """Return the day that is meant.

    :raises RuleBroken: `doubtful_day` with both, where nobody said which
    """
    if reading.other is None:
        return reading.day
    if order is None:
        raise RuleBroken("doubtful_day", field=field, text=text.strip()[:40], day=reading.day, other=reading.other)
    return reading.day if order is Order.DAY_FIRST else reading.other


def _prepared(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return _TIME.sub("", _WEEKDAYS.sub("", plain)).strip(" ,.")


def _read(text: str) -> Reading | None:
    if found := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        year, month, day = map(int, found.groups())
        return _certain(_date(year, month, day))
    if found := _NUMBERS.fullmatch(text):
        return _of_numbers(*map(int, found.groups()))
    if found := _DAY_MONTH.fullmatch(text):
        return _certain(_date(int(found[3]), _MONTHS.get(found[2], 0), int(found[1])))
    if found := _MONTH_DAY.fullmatch(text):
        return _certain(_date(int(found[3]), _MONTHS.get(found[1], 0), int(found[2])))
    if found := _SERIAL.fullmatch(text):
        return _certain(_SERIAL_START + timedelta(days=int(found[1])))
    return None


def _of_numbers(first: int, second: int, year: int) -> Reading | None:
    """The company writes the day first; where the month could be first too, it is a question."""
    day_first, month_first = _date(year, second, first), _date(year, first, second)
    if day_first is None:
        return _certain(month_first)
    return Reading(day_first, month_first if month_first != day_first else None)


def _certain(day: date | None) -> Reading | None:
    return Reading(day) if day else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
