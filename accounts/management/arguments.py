"""How people write moments, sizes and lists behind an option."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import date, datetime

from accounts.domain.dates import in_reach, moment
from accounts.domain.errors import RuleBroken
from accounts.queries import words
from accounts.queries.sentences import explain

_UNITS = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}


def start(text: str | None, field: str = "starts_at") -> datetime | None:
    """Read a first day or moment; nothing written is none."""
    return moment(text, words.zone(), field=field) if text else None


def end(text: str) -> datetime:
    """Read an end: a date alone is the last day, a moment is exclusive."""
    return moment(text, words.zone(), field="ends_at", inclusive=True)


def optional_end(text: str | None) -> datetime | None:
    """Read an end; nothing written is none."""
    return end(text) if text else None


def day(text: str) -> date:
    """Read a day of the calendar."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is no day. Write it as 2026-12-18.") from None
    if not in_reach(found):
        raise ArgumentTypeError(explain(RuleBroken("date_out_of_range")))
    return found


def names(text: str) -> list[str]:
    """Read what is written with commas between; nothing is an empty list."""
    return [name.strip() for name in text.split(",") if name.strip()]


def size(text: str) -> int:
    """Read a size as people write it; the units are those that the pages show."""
    match = re.fullmatch(r"(\d+)\s*([KMGT]?B|)", text.strip().upper())
    if match is None:
        raise ArgumentTypeError(f"“{text}” is no size. Write bytes, or 500MB, 2GB.")
    return int(match[1]) * _UNITS[match[2]]
