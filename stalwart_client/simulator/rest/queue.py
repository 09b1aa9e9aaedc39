"""`/api/queue` of 0.15, with its fault: a retry says it worked and does nothing (rest.md 4.3)."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from stalwart_client.simulator import queue
from stalwart_client.simulator.http import Request, Response, answer, not_found
from stalwart_client.simulator.rest.access import Caller
from stalwart_client.simulator.rest.principals import number_in
from stalwart_client.simulator.state import MESSAGE, State, stamp
from stalwart_client.simulator.tables import Doc


def handle(state: State, caller: Caller, request: Request, parts: list[str]) -> Response:
    """Answer everything under `/api/queue`."""
    match request.method, parts:
        case "GET", ["messages"]:
            return _listed(state, caller, request.parameters)
        case "GET", ["messages", number, *_]:
            caller.needs("message-queue-get")
            doc = queue.message(state, _id(number))
            return not_found() if doc is None else answer({"data": _shown(_id(number), doc)})
        case (("PATCH" | "DELETE"), ["messages", number, *_]):
            return _change(state, caller, request, _id(number))
        case (("PATCH" | "DELETE"), ["messages"]):
            return _change_many(state, caller, request)
        case "GET", ["status"]:
            caller.needs("message-queue-get")
            return answer({"data": not queue.is_paused(state)})
        case "PATCH", ["status", wish]:
            return _switch(state, caller, wish)
        case "GET", ["reports"]:
            caller.needs("outgoing-report-list")
            return answer({"data": {"items": [], "total": 0}})
    return not_found()


def _listed(state: State, caller: Caller, parameters: dict[str, str]) -> Response:
    caller.needs("message-queue-list")
    found = _matching(state, parameters)
    limit = number_in(parameters, "limit")
    start = max(number_in(parameters, "page") - 1, 0) * limit
    page = found[start : start + limit] if limit else found
    items = [_shown(number, doc) if "values" in parameters else number for number, doc in page]
    return answer({"data": {"items": items, "total": len(found), "status": not queue.is_paused(state)}})


def _change(state: State, caller: Caller, request: Request, number: int) -> Response:
    """Cancel a message as a whole; anything finer is said to be done and is not."""
    caller.needs("message-queue-update" if request.method == "PATCH" else "message-queue-delete")
    if queue.message(state, number) is None:
        return not_found()
    if request.method == "DELETE" and "filter" not in request.parameters:
        state.drop(MESSAGE, number)
    return answer({"data": True})


def _change_many(state: State, caller: Caller, request: Request) -> Response:
    caller.needs("message-queue-update" if request.method == "PATCH" else "message-queue-delete")
    found = _matching(state, request.parameters)
    if request.method == "DELETE" and "values" not in request.parameters:
        queue.cancel_soon(state, [number for number, _ in found])
    return answer({"data": bool(found)})


def _switch(state: State, caller: Caller, wish: str) -> Response:
    caller.needs("message-queue-update")
    was_running = not queue.is_paused(state)
    queue.pause(state, paused=wish == "stop")
    return answer({"data": was_running})


def _matching(state: State, parameters: dict[str, str]) -> list[tuple[int, Doc]]:
    return [(number, doc) for number, doc in queue.messages(state) if _fits(state, doc, parameters)]


def _fits(state: State, doc: Doc, parameters: dict[str, str]) -> bool:
    text, sender, recipients = parameters.get("text"), doc["sender"], list(doc["recipients"])
    if text is not None:
        return any(text in one for one in [sender, *recipients])
    due = queue.next_due(doc, "retryDue")
    before, after = (_future(state, parameters.get(name)) for name in ("before", "after"))
    return (
        parameters.get("from", "") in sender
        and any(parameters.get("to", "") in one for one in recipients)
        and parameters.get("queue", "remote") == "remote"
        and (before is None or due < before)
        and (after is None or due > after)
    )


def _future(state: State, text: str | None) -> str | None:
    """Read a moment; one that has passed is ignored without a word, as there."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return stamp(moment) if moment.tzinfo and moment > state.clock() else None


def _shown(number: int, doc: Doc) -> Doc:
    digest = hashlib.sha256(str(number).encode()).digest()
    return {
        "id": number,
        "return_path": doc["sender"],
        "recipients": [_shown_recipient(address, one) for address, one in doc["recipients"].items()],
        "created": doc["createdAt"],
        "size": doc["size"],
        "blob_hash": base64.urlsafe_b64encode(digest).decode().rstrip("="),
    }


def _shown_recipient(address: str, one: Doc) -> Doc:
    return {
        "address": address,
        "queue": "remote",
        "status": {"temp_fail": one["answer"]} if one["status"] == queue.FAILED else one["status"],
        "retry_num": one["retries"],
        "next_retry": one["retryDue"],
        "next_notify": one["notifyDue"],
        "expires": one["expiresAt"],
    }


def _id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1
