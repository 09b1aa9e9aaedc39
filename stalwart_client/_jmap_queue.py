"""The queue of 0.16, where each recipient of a message has a delivery of its own (jmap.md 4.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound, StalwartError
from stalwart_client._jmap_call import Call, Jmap, Object, Verb, chunks, escaped, is_id
from stalwart_client._jmap_values import moment, written
from stalwart_client._mail_types import DeliveryStatus, QueuedMessage, QueuedRecipient, QueuePage

_PROPERTIES = ("createdAt", "returnPath", "size", "recipients")
_STATUS = {
    "Scheduled": DeliveryStatus.WAITING,
    "Completed": DeliveryStatus.DELIVERED,
    "TemporaryFailure": DeliveryStatus.DELAYED,
    "PermanentFailure": DeliveryStatus.FAILED,
}
_NULL_SENDER = "<>"


class JmapQueue:
    """Shows the queue and moves what is in it."""

    def __init__(self, jmap: Jmap) -> None:
        self._jmap = jmap

    def messages(
        self, *, text: str = "", sender: str = "", recipient: str = "", page: int = 1, limit: int = 50
    ) -> QueuePage:
        """Return a page, those that are tried next first; to ask for the total chooses the way that can page."""
        wanted = {"text": text, "returnPath": sender, "to": recipient}
        limit = max(1, min(limit, self._jmap.limits().get))
        query: dict[str, Any] = {
            "filter": {name: value for name, value in wanted.items() if value},
            "sort": [{"property": "due", "isAscending": True}],
            "position": (max(1, page) - 1) * limit,
            "limit": limit,
            "calculateTotal": True,
        }
        reference = {"resultOf": "0", "name": "x:QueuedMessage/query", "path": "/ids"}
        calls: list[Call] = [
            ("x:QueuedMessage/query", query),
            ("x:QueuedMessage/get", {"#ids": reference, "properties": list(_PROPERTIES)}),
        ]
        ids, got = self._jmap.call(calls)
        with fitting("a page of the queue"):
            found = {str(each["id"]): _message(each) for each in got["list"]}
            # A message can be delivered between the two looks.
            messages = tuple(found[each] for each in ids["ids"] if each in found)
            return QueuePage(messages=messages, total=int(ids["total"]))

    def message(self, message_id: str) -> QueuedMessage:
        """Return one message."""
        found = self._jmap.get("x:QueuedMessage", [message_id], _PROPERTIES) if is_id(message_id) else []
        if not found:
            raise NotFound("The message is not in the queue (any more).", subject=message_id)
        return _message(found[0])

    def some(self, message_ids: Iterable[str]) -> list[QueuedMessage]:
        """Return those that are there, asked together."""
        wanted = [each for each in message_ids if is_id(each)]
        return [
            _message(shown)
            for chunk in chunks(wanted, self._jmap.limits().get)
            for shown in self._jmap.get("x:QueuedMessage", chunk, _PROPERTIES)
        ]

    def retry(self, message_id: str, *, recipient: str = "") -> None:
        """Make it due a minute ago, as our clock may be ahead of the server's."""
        self._due(message_id, datetime.now(UTC) - timedelta(minutes=1), recipient, again=True)

    def reschedule(self, message_id: str, at: datetime, *, recipient: str = "") -> None:
        """Make it due at another moment."""
        self._due(message_id, at, recipient)

    def cancel(self, message_id: str, *, recipient: str = "") -> None:
        """Delete the message, or a recipient: the server says yes to one that it does not have, so look first."""
        if recipient:
            self._update(message_id, {f"recipients/{escaped(self._stored(message_id, recipient))}": None})
            return
        self.cancel_many([message_id])

    def retry_many(self, message_ids: Iterable[str]) -> None:
        """Make them due a minute ago."""
        at = written(datetime.now(UTC) - timedelta(minutes=1))
        for chunk in self._chunks(message_ids):
            self._set({"update": {each: {"nextRetry": at} for each in chunk}})

    def cancel_many(self, message_ids: Iterable[str]) -> None:
        """Delete them."""
        for chunk in self._chunks(message_ids):
            self._set({"destroy": list(chunk)})

    def _chunks(self, message_ids: Iterable[str]) -> Iterator[Sequence[str]]:
        return chunks([each for each in message_ids if is_id(each)], self._jmap.limits().set)

    def _set(self, changes: dict[Verb, Any]) -> None:
        """Change messages; what is gone needs no change."""
        for result in self._jmap.set("x:QueuedMessage", changes).values():
            if isinstance(result, StalwartError) and not isinstance(result, NotFound):
                raise result

    def _due(self, message_id: str, at: datetime, recipient: str, *, again: bool = False) -> None:
        if not recipient:
            self._update(message_id, {"nextRetry": written(at)})
            return
        where = f"recipients/{escaped(self._stored(message_id, recipient))}"
        patch: dict[str, Any] = {f"{where}/retryDue": written(at)}
        self._update(message_id, patch | ({f"{where}/status": {"@type": "Scheduled"}} if again else {}))

    def _stored(self, message_id: str, recipient: str) -> str:
        """Return a recipient as the message has it."""
        for each in self.message(message_id).recipients:
            if each.address.lower() == recipient.lower():
                return each.address
        raise NotFound("The message has no such recipient.", subject=recipient)

    def _update(self, message_id: str, patch: dict[str, Any]) -> None:
        if not is_id(message_id):
            raise NotFound("The message is not in the queue (any more).", subject=message_id)
        (result,) = self._jmap.set("x:QueuedMessage", {"update": {message_id: patch}}).values()
        if isinstance(result, NotFound):
            raise NotFound("The message is not in the queue (any more).", subject=message_id)
        if isinstance(result, StalwartError):
            raise result


def _message(shown: Object) -> QueuedMessage:
    with fitting("a queued message"):
        sender = str(shown["returnPath"] or "")
        created_at = moment(shown["createdAt"])
        if created_at is None:
            raise TypeError("createdAt")
        return QueuedMessage(
            id=str(shown["id"]),
            sender="" if sender == _NULL_SENDER else sender,
            created_at=created_at,
            size=int(shown["size"]),
            recipients=tuple(
                _recipient(address, shown["recipients"][address]) for address in sorted(shown["recipients"])
            ),
        )


def _recipient(address: str, shown: Object) -> QueuedRecipient:
    expires = shown.get("expires") or {}
    return QueuedRecipient(
        address=address,
        status=_STATUS[shown["status"]["@type"]],
        answer=_answer(shown["status"]),
        tries=int(shown["retryCount"]),
        next_try_at=moment(shown["retryDue"]),
        expires_at=moment(expires.get("expiresAt")),
        queue=str(shown["queueName"]),
    )


def _answer(status: Object) -> str:
    """Return what the other side said, or what the server says of it."""
    if status.get("responseMessage"):
        said = (status.get("responseCode"), status.get("responseEnhanced"), status["responseMessage"])
        return " ".join(str(each) for each in said if each)
    return str(status.get("errorMessage") or "")
