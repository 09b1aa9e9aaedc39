"""Lines pasted from a sheet: an address, who answers for it, and its last day, in this order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from accounts.domain.errors import RuleBroken, SeveralRulesBroken

LONGEST = 2000
_BETWEEN = re.compile(r"[\t;,]")
_DAYS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d")


@dataclass(frozen=True, slots=True)
class Line:
    """One line; what it leaves empty comes from the default."""

    address: str
    owner: str = ""
    last_day: date | None = None


def parse(text: str) -> dict[str, Line]:
    """Read pasted lines by address; blank ones and a heading are passed over, the last of two of one address counts.

    :raises SeveralRulesBroken: naming every line that cannot be read
    """
    lines: dict[str, Line] = {}
    broken: list[RuleBroken] = []
    for number, raw in enumerate(text.splitlines(), start=1):
        cells = [cell.strip().strip('"') for cell in _BETWEEN.split(raw, maxsplit=2)]
        if not any(cells) or (number == 1 and "@" not in raw):
            continue
        try:
            line = _line(cells)
        except RuleBroken as rule:
            broken.append(RuleBroken(f"sheet_{rule.code}", field="sheet", line=number, **rule.values))
        else:
            lines[line.address] = line
    if len(lines) > LONGEST:
        broken.append(RuleBroken("sheet_too_long", field="sheet", longest=LONGEST))
    if broken:
        raise SeveralRulesBroken(broken[:10])
    return lines


def _line(cells: list[str]) -> Line:
    address, owner, day = (*cells, "", "")[:3]
    if "@" not in address:
        raise RuleBroken("address", text=address[:40])
    return Line(address.lower(), owner, _day(day) if day else None)


def _day(text: str) -> date:
    for pattern in _DAYS:
        try:
            day = datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if 2000 <= day.year < 2200:
            return day
    raise RuleBroken("day", text=text[:40])
