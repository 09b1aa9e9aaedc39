"""The log to take away: every entry with its place in the chain, oldest first, in flat memory.

An entry's keys are left out: they belong to the proof that values were not changed, and would undo an erasure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from accounts.models import AuditEvent
from accounts.queries import events
from accounts.queries.sheets import Cell

_AT_ONCE = 1000
_FIELDS = (
    *("id", "at", "action", "actor", "subject", "account_id", "client", "request_id", "reason", "before", "after"),
    *("previous", "hash"),
)


def walk(search: events.Search, last: int) -> Iterator[dict[str, Any]]:
    """Read what the log shows for this search, up to the entry `last`."""
    read = 0
    found = events.searched(search).select_related("detail").filter(pk__lte=last).order_by("pk")
    while some := list(found.filter(pk__gt=read)[:_AT_ONCE]):
        yield from map(_entry, some)
        read = some[-1].pk


def json_lines(search: events.Search, last: int) -> Iterator[str]:
    """Return one JSON object a line."""
    for entry in walk(search, last):
        yield json.dumps(entry, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def rows(search: events.Search, last: int) -> Iterator[list[Cell]]:
    """Return a table; its first row says what the columns are."""
    yield list(_FIELDS)
    for entry in walk(search, last):
        yield [_cell(entry[field]) for field in _FIELDS]


def number(search: events.Search) -> int:
    return events.searched(search).count()


def _entry(event: AuditEvent) -> dict[str, Any]:
    """Return an entry as it was written; a value that was erased is null, one that was never there is empty."""
    detail = event.detail
    values = {name: getattr(detail, name) for name in ("actor", "subject", "client", "reason", "before", "after")}
    facts = {"id": event.pk, "at": event.at.isoformat(), "action": event.action, "account_id": event.account_id}
    chain = {"request_id": event.request_id, "previous": event.previous, "hash": event.hash}
    whole = facts | values | chain
    return {field: whole[field] for field in _FIELDS}


def _cell(value: Any) -> Cell:
    if value is None:
        return ""
    return value if isinstance(value, int | str) else json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
