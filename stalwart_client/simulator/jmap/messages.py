"""x:QueuedMessage: what waits for delivery on 0.16 (jmap.md 4.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from stalwart_client.simulator import ids, queue
from stalwart_client.simulator.jmap import query as paging
from stalwart_client.simulator.jmap.context import Context
from stalwart_client.simulator.jmap.errors import MethodError, SetError, invalid_patch
from stalwart_client.simulator.jmap.pointer import Pointer
from stalwart_client.simulator.jmap.registry import SetAnswer, changes, check_set, guarded
from stalwart_client.simulator.jmap.values import Moment
from stalwart_client.simulator.state import MESSAGE, copy
from stalwart_client.simulator.tables import Doc

MOST: Final = 500
_FILTERS: Final = frozenset({"text", "to", "returnPath", "queueName", "due"})
SUBMISSION: Final = 5816
_NO_ANSWER: Final = {
    "errorCommand": None,
    "responseHostname": "localhost",
    "responseCode": None,
    "responseEnhanced": None,
    "responseMessage": None,
}


def get(context: Context, arguments: Doc) -> Doc:
    context.needs("sysQueuedMessageGet")
    waiting = dict(queue.messages(context.state))
    asked = arguments.get("ids")
    wanted = (
        list(map(ids.encode, list(waiting)[:MOST])) if asked is None else [ids.cleaned(one) or one for one in asked]
    )
    found = [(one, waiting[number]) for one in wanted if (number := ids.decode(one)) in waiting and number is not None]
    properties = set(arguments.get("properties") or ())
    items = [_only(_shown(number, doc), properties) for number, doc in found]
    missing = [one for one in wanted if ids.decode(one) not in waiting]
    return {"accountId": context.account(arguments), "list": items, "notFound": missing}


def query(context: Context, arguments: Doc) -> Doc:
    """Return the messages that match, those that are due last first unless told otherwise."""
    context.needs("sysQueuedMessageQuery")
    sort = paging.first_sort(arguments)
    if sort.name not in {"id", "due"}:
        raise MethodError("unsupportedSort", "Only sorting by 'due' is supported for queued messages")
    found = queue.messages(context.state)
    for name, value in paging.conditions(arguments):
        _check_filter(name, value)
        found = [(number, doc) for number, doc in found if _fits(doc, name, value)]
    found.sort(key=lambda item: (queue.next_due(item[1], "retryDue"), item[0]), reverse=not sort.ascending)
    return paging.paged(context.account(arguments), [number for number, _ in found], arguments)


def set_objects(context: Context, arguments: Doc) -> Doc:
    """Reschedule and cancel; a message cannot be made."""
    check_set(context, "sysQueuedMessage", arguments)
    answer = SetAnswer(context.account(arguments))
    for name in arguments.get("create") or {}:
        answer.not_created[name] = {"type": "forbidden", "description": "Queued messages cannot be created"}
    update, destroy = changes(arguments, answer)
    for number, patch in update.items():
        guarded(context, answer.not_updated, number, _updater(context, number, patch), answer.updated)
    for number in destroy:
        guarded(context, answer.not_destroyed, number, _destroyer(context, number), answer.destroyed)
    return answer.content()


def _updater(context: Context, number: str, patch: Doc) -> Callable[[], None]:
    def update() -> None:
        key, doc = _find(context, number)
        changed = copy(doc)
        for path, value in patch.items():
            _patch(changed, path, value)
        if all(one["status"] == queue.CANCELED for one in changed["recipients"].values()):
            context.state.drop(MESSAGE, key)
        else:
            context.state.put(MESSAGE, key, changed)

    return update


def _destroyer(context: Context, number: str) -> Callable[[], None]:
    def destroy() -> None:
        key, _ = _find(context, number)
        context.state.drop(MESSAGE, key)

    return destroy


def _find(context: Context, number: str) -> tuple[int, Doc]:
    key = ids.decode(number) or 0
    doc = queue.message(context.state, key)
    if doc is None:
        raise SetError("notFound")
    return key, doc


def _patch(doc: Doc, path: str, value: Any) -> None:
    """Apply one change; a recipient who is not there is passed over without a word."""
    pointer = Pointer.parse(path)
    match pointer.parts:
        case ("nextRetry",):
            for one in doc["recipients"].values():
                one["retryDue"] = _moment(pointer, value)
        case ("recipients", address) if value is None:
            _of(doc, address)["status"] = queue.CANCELED
        case ("recipients", address, "retryDue"):
            _of(doc, address)["retryDue"] = _moment(pointer, value)
        case ("recipients", address, "status") if value == {"@type": "Scheduled"}:
            _of(doc, address)["status"] = queue.SCHEDULED
        case _:
            raise invalid_patch("Invalid property", path)


def _moment(pointer: Pointer, value: Any) -> str:
    return str(Moment().patch(None, Pointer(pointer.parts, len(pointer.parts)), value))


def _of(doc: Doc, address: str) -> Doc:
    recipient: Doc = doc["recipients"].get(address, {})
    return recipient


def _fits(doc: Doc, name: str, value: Any) -> bool:
    plain, compare = next(
        ((name.removesuffix(end), test) for end, test in paging.COMPARISONS.items() if name.endswith(end)), (name, None)
    )
    recipients = list(doc["recipients"])
    texts = {"returnPath": [doc["sender"]], "to": recipients, "text": [doc["sender"], *recipients]}
    if plain == "due" and isinstance(value, str):
        due = queue.next_due(doc, "retryDue")
        return compare(due, value) if compare else due == value
    if plain == "queueName":
        return bool(value == "remote")
    if plain not in texts or not isinstance(value, str):
        raise paging.unsupported(plain)
    return any(value in text for text in texts[plain])


def _check_filter(name: str, value: Any) -> None:
    plain = next((name.removesuffix(end) for end in paging.COMPARISONS if name.endswith(end)), name)
    if plain not in _FILTERS or not isinstance(value, str):
        raise paging.unsupported(plain)


def _only(doc: Doc, properties: set[str]) -> Doc:
    return {key: value for key, value in doc.items() if not properties or key in {"id", *properties}}


def _shown(number: str, doc: Doc) -> Doc:
    return {
        "createdAt": doc["createdAt"],
        "nextRetry": queue.next_due(doc, "retryDue"),
        "nextNotify": queue.next_due(doc, "notifyDue"),
        "blobId": f"e{number}",
        "returnPath": doc["sender"] or "<>",
        "recipients": {address: _shown_recipient(one) for address, one in doc["recipients"].items()},
        "receivedFromIp": "127.0.0.1",
        "receivedViaPort": SUBMISSION,
        "flags": {"authenticated": True},
        "envId": None,
        "priority": 0,
        "size": doc["size"],
        "id": number,
    }


def _shown_recipient(one: Doc) -> Doc:
    return {
        "retryCount": one["retries"],
        "retryDue": one["retryDue"],
        "notifyCount": 0,
        "notifyDue": one["notifyDue"],
        "expires": {"expiresAt": one["expiresAt"], "@type": "Ttl"},
        "queueName": "remote",
        "status": _shown_status(one),
        "flags": {},
        "orcpt": None,
    }


def _shown_status(one: Doc) -> Doc:
    if one["status"] == queue.SCHEDULED:
        return {"@type": "Scheduled"}
    canceled = one["status"] == queue.CANCELED
    failure = {"errorType": "io", "errorMessage": "Delivery canceled." if canceled else one["answer"]}
    return {**failure, **_NO_ANSWER, "@type": "PermanentFailure" if canceled else "TemporaryFailure"}
