"""x:QueuedMessage: what waits for delivery on 0.16 (jmap.md 4.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stalwart_client.simulator import ids, queue
from stalwart_client.simulator.jmap import access
from stalwart_client.simulator.jmap import query as queries
from stalwart_client.simulator.jmap.context import Context, too_large
from stalwart_client.simulator.jmap.errors import MethodError, SetError, invalid_property
from stalwart_client.simulator.jmap.known import kind_of
from stalwart_client.simulator.jmap.paging import MOST, Page
from stalwart_client.simulator.jmap.registry import (
    SetAnswer,
    changes,
    check_set,
    guarded,
    known_properties,
    patched,
)
from stalwart_client.simulator.jmap.values import moment
from stalwart_client.simulator.state import MESSAGE, copy, stamp
from stalwart_client.simulator.tables import Doc

_TEXTS: Final = frozenset({"text", "to", "returnPath"})
_LONGEST_NAME: Final = 8
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
    asked = arguments.get("ids")
    most = access.in_force(context.state, "Jmap")["getMaxResults"]
    if asked is not None and len(asked) > most:
        raise too_large()
    waiting = dict(queue.messages(context.state))
    numbers = list(waiting)[:most] if asked is None else [ids.decode(one) for one in asked]
    properties = known_properties(arguments.get("properties"))
    found = [(one, waiting[one]) for one in numbers if one is not None and one in waiting]
    unread = [one for one, number in zip(asked or (), numbers, strict=False) if number is None]
    missing = [ids.encode(one) for one in numbers if one is not None and one not in waiting]
    items = [_only(_shown(ids.encode(number), doc), properties) for number, doc in found]
    return {"accountId": context.account(arguments), "list": items, "notFound": [*unread, *missing]}


def query(context: Context, arguments: Doc) -> Doc:
    """Return the messages that match, those that are due last first unless told otherwise.

    Who asks for senders or recipients gets them by the time of the next try. The others come by the time at which
    anything is next to be done for them, which may also be a note to the sender.
    """
    context.needs("sysQueuedMessageQuery")
    wanted = _Wanted(arguments)
    sort = queries.first_sort(arguments)
    if arguments.get("sort") and sort.name != "due":
        raise MethodError("unsupportedSort", "Only sorting by 'due' is supported for queued messages")
    account = context.account(arguments)
    messages = queue.messages(context.state) if wanted.name in {None, queue.NAME} else []
    if wanted.texts:
        return _of_texts(account, wanted, messages, arguments, ascending=sort.ascending)
    return _by_event(account, wanted, messages, arguments, ascending=sort.ascending)


class _Wanted:
    """The conditions of a query."""

    def __init__(self, arguments: Doc) -> None:
        self.texts: dict[str, str] = {}
        self.name: str | None = None
        self.first, self.last = "0", "9"
        for name, value in queries.conditions(arguments):
            plain, comparison = _plain(name)
            if plain in _TEXTS and isinstance(value, str):
                self.texts[plain] = value
            elif plain == "queueName" and isinstance(value, str) and 0 < len(value.encode()) <= _LONGEST_NAME:
                self.name = value
            elif not (plain == "due" and isinstance(value, str) and self._narrow(comparison, value)):
                raise queries.unsupported(plain)

    def _narrow(self, comparison: str, value: str) -> bool:
        """Take a limit of the times into account; False if nothing can be left."""
        due = moment(value)
        if due is None:
            return False
        text = stamp(due)
        first = {"": text, "IsGreaterThan": f"{text}~", "IsGreaterThanOrEqual": text}.get(comparison, "0")
        last = {"": text, "IsLessThan": text[:-1], "IsLessThanOrEqual": text}.get(comparison, "9")
        self.first, self.last = max(self.first, first), min(self.last, last)
        return self.first <= self.last

    def takes(self, due: str) -> bool:
        return self.first <= due <= self.last

    def fits(self, doc: Doc) -> bool:
        recipients = list(doc["recipients"])
        if "text" in self.texts:
            return any(self.texts["text"] in one for one in [doc["sender"], *recipients])
        sender, to = self.texts.get("returnPath", ""), self.texts.get("to", "")
        return sender in doc["sender"] and any(to in one for one in recipients)


def _of_texts(
    account: str, wanted: _Wanted, messages: list[tuple[int, Doc]], arguments: Doc, *, ascending: bool
) -> Doc:
    found = [
        (due, number)
        for number, doc in messages
        if (due := queue.next_due(doc, "retryDue")) and wanted.takes(due) and wanted.fits(doc)
    ]
    found.sort(key=lambda item: item[0], reverse=not ascending)
    page = Page(arguments, len(found))
    for _, number in found:
        if not page.add(number):
            break
    return page.content(account)


def _by_event(
    account: str, wanted: _Wanted, messages: list[tuple[int, Doc]], arguments: Doc, *, ascending: bool
) -> Doc:
    anchor = queue.next_due(dict(messages).get(ids.decode(arguments.get("anchor")) or 0, {}), "retryDue")
    if anchor and wanted.takes(anchor):
        wanted.first, wanted.last = (anchor, wanted.last) if ascending else (wanted.first, anchor)
    events = [(due, number) for number, doc in messages if (due := queue.next_event(doc)) and wanted.takes(due)]
    page, seen = Page(arguments, MOST), 0
    for _, number in sorted(events, reverse=not ascending):
        seen += 1
        if page.total is None:
            if not page.add(number):
                break
        elif not page.is_full:
            page.add(number)
    if page.total is not None:
        page.total = seen
    if seen < page.limit:
        page.forget_limit()
    return page.content(account)


def _plain(name: str) -> tuple[str, str]:
    return next(((name.removesuffix(end), end) for end in queries.COMPARISONS if name.endswith(end)), (name, ""))


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
        shape = {**_shown(number, doc), "nextRetry": None}
        wish = patched(context, kind_of("QueuedMessage"), shape, patch)
        changed = {**copy(doc), "envId": wish["envId"], "priority": wish["priority"]}
        for address, one in changed["recipients"].items():
            if address not in wish["recipients"]:
                one["status"] = queue.CANCELED
        for address, one in wish["recipients"].items():
            if address not in changed["recipients"]:
                raise invalid_property(f"Recipient '{address}' does not exist")
            _take_over(changed["recipients"][address], one, wish["nextRetry"])
        if not queue.next_due(changed, "retryDue"):
            context.state.drop(MESSAGE, key)
        elif changed != doc:
            context.state.put(MESSAGE, key, changed)

    return update


def _take_over(one: Doc, wish: Doc, next_retry: str | None) -> None:
    """Change a recipient as was wished."""
    one["orcpt"] = wish["orcpt"]
    # The server takes two schedules for the same if their times are, whatever their counts.
    if wish["retryDue"] != one["retryDue"]:
        one["retryDue"], one["retries"] = wish["retryDue"], wish["retryCount"]
    if wish["notifyDue"] != one["notifyDue"]:
        one["notifyDue"], one["notifies"] = wish["notifyDue"], wish["notifyCount"]
    one["expiresAt"] = wish["expires"].get("expiresAt")
    one["attempts"] = wish["expires"].get("expiresAttempts")
    if next_retry is not None and one["status"] != queue.CANCELED:
        one["retryDue"] = next_retry
    if wish["status"]["@type"] == "Scheduled":
        one["status"] = queue.SCHEDULED


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


def _only(doc: Doc, properties: set[str]) -> Doc:
    return {key: value for key, value in doc.items() if not properties or key in properties}


def _shown(number: str, doc: Doc) -> Doc:
    return {
        "createdAt": doc["createdAt"],
        "nextRetry": queue.next_due(doc, "retryDue"),
        "nextNotify": queue.next_due(doc, "notifyDue"),
        "blobId": queue.blob_id(ids.decode(number) or 0),
        "returnPath": doc["sender"] or "<>",
        "recipients": {address: _shown_recipient(one) for address, one in doc["recipients"].items()},
        "receivedFromIp": "127.0.0.1",
        "receivedViaPort": SUBMISSION,
        "flags": {"authenticated": True},
        "envId": doc.get("envId"),
        "priority": doc.get("priority", 0),
        "size": doc["size"],
        "id": number,
    }


def _shown_recipient(one: Doc) -> Doc:
    attempts = one.get("attempts")
    expires = (
        {"expiresAttempts": attempts, "@type": "Attempts"}
        if attempts is not None
        else {"expiresAt": one["expiresAt"], "@type": "Ttl"}
    )
    return {
        "retryCount": one["retries"],
        "retryDue": one["retryDue"],
        "notifyCount": one.get("notifies", 0),
        "notifyDue": one["notifyDue"],
        "expires": expires,
        "queueName": queue.NAME,
        "status": _shown_status(one),
        "flags": {},
        "orcpt": one.get("orcpt"),
    }


def _shown_status(one: Doc) -> Doc:
    if one["status"] == queue.SCHEDULED:
        return {"@type": "Scheduled"}
    canceled = one["status"] == queue.CANCELED
    failure = {"errorType": "io", "errorMessage": "Delivery canceled." if canceled else one["answer"]}
    return {**failure, **_NO_ANSWER, "@type": "PermanentFailure" if canceled else "TemporaryFailure"}
