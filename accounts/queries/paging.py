"""Keyset paging: a page is found by the last row that was seen, so it costs the same anywhere in 100,000 rows
and rows that come or go meanwhile neither repeat nor vanish.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any, Generic, Self, TypeVar

from django.db import models
from django.db.models import Q

Row = TypeVar("Row")
Record = TypeVar("Record", bound=models.Model)
Key = tuple[Any, ...]
_LARGEST = 2**63
"""What a database can take for a number."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is sorted by. `fields` end in a unique one, so that every row has its own place."""

    fields: tuple[str, ...]
    descending: bool = False

    def names(self, *, backwards: bool = False) -> list[str]:
        sign = "-" if self.descending != backwards else ""
        return [sign + field for field in self.fields]

    def beyond(self, key: Key, *, backwards: bool = False) -> Q:
        """Return the condition of lying after a key (before it, if backwards).

        The first field is bounded on its own as well: that is what lets an index find the place.
        """
        past = "lt" if self.descending != backwards else "gt"
        condition = Q()
        for position, field in enumerate(self.fields):
            same = Q(**dict(zip(self.fields[:position], key, strict=False)))
            condition |= same & Q(**{f"{field}__{past}": key[position]})
        return Q(**{f"{self.fields[0]}__{past}e": key[0]}) & condition


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list, as it stands in a link."""

    key: Key
    backwards: bool = False

    def __str__(self) -> str:
        values = [value.isoformat() if isinstance(value, datetime) else value for value in self.key]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, example: Key, *, backwards: bool = False) -> Self | None:
        """Read a place from a link; None where it does not fit the order, such as an old or mistyped link."""
        try:
            values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            key = tuple(_as(type(like), value) for like, value in zip(example, values, strict=True))
        except (ValueError, TypeError):
            return None
        return cls(key, backwards)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    before: str | None
    """Where the page before ends; None on the first page."""
    after: str | None

    @property
    def is_whole(self) -> bool:
        """Everything there is stands on this page."""
        return self.before is None and self.after is None


def find(
    parts: Iterable[models.QuerySet[Record]], order: Order, cursor: Cursor | None, size: int
) -> tuple[list[Key], bool]:
    """Return the keys of one page in list order, and whether more lie beyond it.

    Each part is a slice of the list that one index serves alone; they are merged, so that the database
    reads a page of each and never sorts.
    """
    backwards = cursor is not None and cursor.backwards
    names = order.names(backwards=backwards)
    found = []
    for part in parts:
        wanted = part.filter(order.beyond(cursor.key, backwards=backwards)) if cursor else part
        found.append(wanted.order_by(*names).values_list(*order.fields)[: size + 1])
    keys = list(islice(merge(*found, reverse=names[0].startswith("-")), size + 1))
    more = len(keys) > size
    keys = keys[:size]
    return keys[::-1] if backwards else keys, more


def page(keys: list[Key], rows: Sequence[Row], cursor: Cursor | None, *, more: bool) -> Page[Row]:
    """Say which pages lie before and after the rows that were found."""
    backwards = cursor is not None and cursor.backwards
    is_first = cursor is None or (backwards and not more)
    is_last = not backwards and not more
    return Page(
        rows,
        before=None if is_first or not keys else str(Cursor(keys[0])),
        after=None if is_last or not keys else str(Cursor(keys[-1])),
    )


def paged(
    parts: Iterable[models.QuerySet[Record]],
    order: Order,
    cursor: Cursor | None,
    size: int,
    load: Callable[[list[Key]], Sequence[Row]],
) -> Page[Row]:
    """Find one page and load its rows."""
    keys, more = find(parts, order, cursor, size)
    return page(keys, load(keys), cursor, more=more)


def _as(kind: type, value: object) -> object:
    """Return a value of a key as its column has it; whatever else a link may hold is refused."""
    if kind is datetime:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment
    fits = abs(value) < _LARGEST if isinstance(value, int) else "\x00" not in str(value)
    if not isinstance(value, kind) or not fits:
        raise TypeError(kind)
    return value
