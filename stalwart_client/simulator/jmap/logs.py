"""x:Log: the server's log, page by page backwards (jmap.md 4.12)."""

from __future__ import annotations

from stalwart_client.simulator import ids
from stalwart_client.simulator.jmap import query as queries
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError, unavailable
from stalwart_client.simulator.jmap.paging import MOST as MOST_FOUND
from stalwart_client.simulator.log import Entry
from stalwart_client.simulator.tables import Doc


def get(context: Context, arguments: Doc) -> Doc:
    """Return lines by id; without ids the real server fails."""
    context.needs("sysLogGet")
    asked = arguments.get("ids")
    if asked is None:
        raise unavailable()
    entries = {ids.encode(entry.number): _shown(entry) for entry in context.state.log.newest_first()}
    found = [entries[number] for number in asked if number in entries]
    missing = [number for number in asked if ids.decode(number) is None]
    return {"accountId": context.account(arguments), "list": found, "notFound": missing}


def query(context: Context, arguments: Doc) -> Doc:
    """Return the newest lines, or those before the anchor; a position is of no use here."""
    context.needs("sysLogQuery")
    text = ""
    for name, value in queries.conditions(arguments):
        if name != "text" or not isinstance(value, str):
            raise queries.unsupported(name)
        text = value
    if queries.first_sort(arguments).name != "id":
        raise MethodError("unsupportedSort", "Only sorting by 'id' is supported for logs")
    if arguments.get("position"):
        raise unavailable()
    anchor = ids.decode(arguments.get("anchor"))
    found = [entry.number for entry in context.state.log.newest_first(text) if anchor is None or entry.number < anchor]
    page = [ids.encode(number) for number in found[: arguments.get("limit")]]
    total = {"total": MOST_FOUND} if arguments.get("calculateTotal") else {}
    head = {"accountId": context.account(arguments), "queryState": "n", "canCalculateChanges": True, "position": 0}
    return {**head, "ids": page, **total}


def _shown(entry: Entry) -> Doc:
    return {
        "timestamp": entry.timestamp,
        "level": entry.level,
        "event": entry.event_id,
        "details": entry.details,
        "id": ids.encode(entry.number),
    }
