"""The saved views that stand over a person's list, each with its number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.core.cache import cache

from accounts.domain.reach import current_reach
from accounts.models import SavedView, Staff
from accounts.queries import accounts, asked

_KEPT = 15
"""Seconds for which the number of a view that searches for text is kept: such a count reads the whole table."""


@dataclass(frozen=True, slots=True)
class OwnView:
    id: int
    name: str
    query: str
    number: int
    is_shared: bool
    is_here: bool
    """The list shows just this."""


def own_views(person: Staff, shown: accounts.Filters, now: datetime) -> list[OwnView]:
    """Return a person's views and those that are shared with everybody."""
    return [_view(view, shown, now) for view in SavedView.objects.seen_by(person)]


def _view(view: SavedView, shown: accounts.Filters, now: datetime) -> OwnView:
    filters = asked.read(view.query)
    return OwnView(
        id=view.pk,
        name=view.name,
        query=view.query,
        number=_number(filters, now),
        is_shared=view.is_shared,
        is_here=replace(filters, size=shown.size) == shown,
    )


def _number(filters: accounts.Filters, now: datetime) -> int:
    if not filters.text:
        return accounts.number(filters, now)
    key = f"view:{current_reach().key}:{asked.written(filters)}"
    return int(cache.get_or_set(key, lambda: accounts.number(filters, now), _KEPT) or 0)
