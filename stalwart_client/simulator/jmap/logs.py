"""x:Log: the server's log, page by page backwards (jmap.md 4.12)."""

from __future__ import annotations

from typing import Final

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap import query as queries
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError
from stalwart_client.simulator.jmap.paging import MOST as MOST_FOUND
from stalwart_client.simulator.jmap.schema import properties
from stalwart_client.simulator.log import Entry
from stalwart_client.simulator.tables import Doc

MOST: Final = 500


def get(context: Context, arguments: Doc) -> Doc:
    """Return lines by id; without ids the newest 500."""
    context.needs("sysLogGet")
    asked = arguments.get("ids")
    entries = {ids.encode(entry.number): _shown(entry) for entry in context.state.log.newest_first()}
    wanted = list(entries)[:MOST] if asked is None else asked
    found = [entries[number] for number in wanted if number in entries]
    missing = [number for number in wanted if ids.decode(number) is None]
    return {"accountId": context.account(arguments), "list": found, "notFound": missing}


def query(context: Context, arguments: Doc) -> Doc:
    """Return the newest lines, or those before the anchor; a position is of no use here."""
    context.needs("sysLogQuery")
    text = _text(arguments)
    _check_sort(queries.first_sort(arguments).name)
    is_plain = queries.is_fast(arguments)
    if arguments.get("position") and not is_plain:
        raise MethodError("invalidArguments", "Pagination is only possible using anchors for logs")
    limit = arguments.get("limit")
    page = [ids.encode(entry.number) for entry in _before(context, text, ids.decode(arguments.get("anchor")))[:limit]]
    total = {"total": MOST_FOUND} if arguments.get("calculateTotal") else {}
    told = {} if is_plain or limit is None else {"limit": limit}
    head = {"accountId": context.account(arguments), "queryState": "n", "canCalculateChanges": True, "position": 0}
    return {**head, "ids": page, **total, **told}


def _text(arguments: Doc) -> str:
    """Return what lines have to contain."""
    text = ""
    for name, value in queries.conditions(arguments):
        if name != "text" or not isinstance(value, str):
            raise queries.unsupported(queries.comparison(name)[0])
        text = value
    return text


def _check_sort(name: str) -> None:
    if name not in properties():
        raise MethodError("unsupportedSort", f"Property {name} is not supported for sorting")
    if name != "id":
        raise MethodError("unsupportedSort", "Only sorting by 'id' is supported for logs")


def _before(context: Context, text: str, anchor: int | None) -> list[Entry]:
    """Return the lines before an anchor, newest first; before one that is not there is nothing."""
    found = context.state.log.newest_first(text)
    if not anchor:
        return found
    is_there = any(entry.number == anchor for entry in context.state.log.newest_first())
    return [entry for entry in found if is_there and entry.number < anchor]


def _shown(entry: Entry) -> Doc:
    return {
        "timestamp": entry.timestamp,
        "level": entry.level,
        "event": entry.event_id,
        "details": entry.details,
        "id": ids.encode(entry.number),
    }
