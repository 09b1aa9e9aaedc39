"""What a list of accounts is asked for, as it stands in an address, in a saved view, or behind `--filter`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from accounts.domain.dates import in_reach
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.queries.accounts import CURRENT, SIZES, Filters, Look, Sort

E = TypeVar("E", bound=StrEnum)

_LONGEST = 200
_LONGEST_QUERY = 4000
_EVERYTHING = "all"
_NAMES = ("q", "state", "look", "domain", "campaign", "ends", "sort", "size")


def read(query: str) -> Filters:
    """Return what can be read of a query; a list that was asked for nothing shows the current accounts."""
    given = list(_given(query))
    sort = _last(given, "sort") or Sort.END
    is_plain = not any(name in {"q", "state", "look", "ends"} for name, _value in given)
    size = _last(given, "size")
    return Filters(
        text=_last(given, "q"),
        states=CURRENT if is_plain else _several(given, "state", State),
        domain=_last(given, "domain"),
        campaign=_last(given, "campaign"),
        looks=_several(given, "look", Look),
        ends_on=_day(_last(given, "ends")),
        sort=Sort(sort.removeprefix("-")),
        descending=sort.startswith("-"),
        size=int(size) if size else 50,
    )


def read_strictly(query: str) -> Filters:
    """Return what a query says, every word of it: a misspelt filter must not choose everybody.

    :raises RuleBroken: `filter_unreadable` with the part that cannot be read
    """
    asked = parse_qsl(query, keep_blank_values=True) if len(query) <= _LONGEST_QUERY else []
    understood = list(_given(query))
    for name, value in asked:
        if (name, value.strip()) not in understood:
            raise RuleBroken("filter_unreadable", field="filter", text=f"{name}={value}"[:80])
    if not asked:
        raise RuleBroken("filter_unreadable", field="filter", text=query[:80])
    return read(query)


def written(filters: Filters) -> str:
    """Return the query that `read` makes the same filters of."""
    sort = f"{'-' if filters.descending else ''}{filters.sort}"
    is_plain = filters.states == CURRENT and not (filters.text or filters.looks or filters.ends_on)
    states: list[str] = [] if is_plain else [*filters.states]
    if not (is_plain or states or filters.text or filters.looks or filters.ends_on):
        states = [_EVERYTHING]
    parts: list[tuple[str, str]] = [
        *([("q", filters.text)] if filters.text else []),
        *(("state", state) for state in states),
        *(("look", look) for look in filters.looks),
        *([("domain", filters.domain)] if filters.domain else []),
        *([("campaign", filters.campaign)] if filters.campaign else []),
        *([("ends", filters.ends_on.isoformat())] if filters.ends_on else []),
        *([("sort", sort)] if sort != Sort.END else []),
    ]
    return urlencode(parts)


def _given(query: str) -> Iterator[tuple[str, str]]:
    """Return the parts that can be read, without blanks around them."""
    allowed = {
        "state": {*State, _EVERYTHING},
        "look": {*Look},
        "sort": {sign + name for name in Sort for sign in ("", "-")},
        "size": {str(size) for size in SIZES},
    }
    for name, text in parse_qsl(query[:_LONGEST_QUERY]):
        value = text.strip()
        fits = value in allowed[name] if name in allowed else name in _NAMES and 0 < len(value) <= _LONGEST
        if fits and "\x00" not in value and (name != "ends" or _day(value)):
            yield name, value


def _several(given: list[tuple[str, str]], name: str, kind: type[E]) -> tuple[E, ...]:
    chosen = {value for key, value in given if key == name}
    return tuple(member for member in kind if member in chosen)


def _last(given: list[tuple[str, str]], name: str) -> str:
    values = [value for key, value in given if key == name]
    return values[-1] if values else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if in_reach(day) else None
