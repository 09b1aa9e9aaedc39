"""`/api/queue` of 0.15, with its fault: a retry says it worked and does nothing (rest.md 4.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from stalwart_client.simulator import queue
from stalwart_client.simulator.http import Request, Response, answer, not_found
from stalwart_client.simulator.rest.access import Caller
from stalwart_client.simulator.rest.principals import number_in
from stalwart_client.simulator.state import MESSAGE, State, stamp
from stalwart_client.simulator.tables import Doc

_LONGEST_NAME: Final = 8
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def handle(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    """Answer everything under `/api/queue`."""
    match request.method, parts:
        case "GET", ["messages"]:
            return _listed(state, caller, request.parameters)
        case "GET", ["messages", number, *_]:
            caller.needs("message-queue-get")
            doc = queue.message(state, _id(number))
            return not_found() if doc is None else answer({"data": _shown(state, _id(number), doc)})
        case (("PATCH" | "DELETE"), ["messages", number, *_]):
            return _change(state, caller, request, _id(number))
        case (("PATCH" | "DELETE"), ["messages"]):
            return _change_many(state, caller, request)
        case "GET", ["status"]:
            caller.needs("message-queue-get")
            return answer({"data": not queue.is_paused(state)})
        case "PATCH", ["status", wish, *_]:
            return _switch(state, caller, wish)
        case (("GET" | "DELETE"), ["reports", *rest]):
            verb = "delete" if request.method == "DELETE" else "get" if rest else "list"
            caller.needs(f"outgoing-report-{verb}")
            if not rest:
                return answer({"data": {"items": [], "total": 0} if verb == "list" else False})
    return not_found()


def _listed(state: State, caller: Caller, parameters: dict[str, str]) -> Response:
    caller.needs("message-queue-list")
    total, found = _matching(state, parameters)
    items = [_shown(state, number, doc) if "values" in parameters else number for number, doc in found]
    return answer({"data": {"items": items, "total": total, "status": not queue.is_paused(state)}})


def _change(state: State, caller: Caller, request: Request, number: int) -> Response:
    """Cancel a message as a whole; anything finer is said to be done and is not."""
    caller.needs("message-queue-update" if request.method == "PATCH" else "message-queue-delete")
    doc = queue.message(state, number)
    if doc is None:
        return not_found()
    part = request.parameters.get("filter")
    meant = [address for address in doc["recipients"] if part is None or part in address]
    # What is left of a message for whose recipients all delivery is canceled is taken out as a whole.
    if request.method == "DELETE" and len(meant) == len(doc["recipients"]):
        state.drop(MESSAGE, number)
    return answer({"data": part is None or bool(meant)})


def _change_many(state: State, caller: Caller, request: Request) -> Response:
    """Do the same to many, in the background; who asks for values changes nothing."""
    caller.needs("message-queue-update" if request.method == "PATCH" else "message-queue-delete")
    found = [] if "values" in request.parameters else _matching(state, request.parameters)[1]
    if request.method == "DELETE":
        queue.cancel_soon(state, [number for number, _ in found])
    return answer({"data": bool(found)})


def _switch(state: State, caller: Caller, wish: str) -> Response:
    caller.needs("message-queue-update")
    was_running = not queue.is_paused(state)
    queue.pause(state, paused=wish == "stop")
    return answer({"data": was_running})


def _matching(state: State, parameters: dict[str, str]) -> tuple[int, list[tuple[int, Doc]]]:
    """Return how many messages match, as far as they are counted, and those of the page that is asked for."""
    limit, most = number_in(parameters, "limit"), number_in(parameters, "max-total")
    first, last = number_in(parameters, "range-start"), number_in(parameters, "range-end", queue.LAST)
    start = max(number_in(parameters, "page") - 1, 0) * limit
    matches = [
        (number, doc)
        for number, doc in queue.messages(state)
        if first <= number <= last and _fits(state, doc, parameters)
    ]
    counted = matches[:most] if most else matches
    return len(counted), counted[start : start + limit] if limit else counted


def _fits(state: State, doc: Doc, parameters: dict[str, str]) -> bool:
    text, sender, recipients = parameters.get("text"), doc["sender"], list(doc["recipients"])
    own = parameters.get("queue", "")
    name = own if 0 < len(own.encode()) <= _LONGEST_NAME else None
    if name not in {None, queue.NAME}:
        return False
    due = queue.next_due(doc, "retryDue")
    before, after = (_future(state, parameters.get(name)) for name in ("before", "after"))
    if (before is not None and due >= before) or (after is not None and due <= after):
        return False
    if text is not None:
        return any(text in one for one in [sender, *recipients])
    return parameters.get("from", "") in sender and any(parameters.get("to", "") in one for one in recipients)


def _future(state: State, text: str | None) -> str | None:
    """Read a moment; one that has passed is ignored without a word, as there."""
    try:
        moment = datetime.fromisoformat(text if text and _MOMENT.match(text) else "")
    except ValueError:
        return None
    told = stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return told if told >= stamp(state.clock()) else None


def _shown(state: State, number: int, doc: Doc) -> Doc:
    now = stamp(state.clock())
    return {
        "id": number,
        "return_path": doc["sender"],
        "recipients": [_shown_recipient(address, one, now) for address, one in doc["recipients"].items()],
        "created": doc["createdAt"],
        "size": doc["size"],
        "blob_hash": queue.blob_hash(number),
    }


def _shown_recipient(address: str, one: Doc, now: str) -> Doc:
    return {
        "address": address,
        "queue": queue.NAME,
        "status": {"temp_fail": one["answer"]} if one["status"] == queue.FAILED else one["status"],
        "retry_num": one["retries"],
        "next_retry": one["retryDue"],
        **({"next_notify": one["notifyDue"]} if one["notifyDue"] > now else {}),
        "expires": one["expiresAt"],
    }


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1
