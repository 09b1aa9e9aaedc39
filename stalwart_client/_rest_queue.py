"""The queue of 0.15, which says yes to more than it does.

For recipients in any of its own queues but `default` (a normal install has local, remote, dsn and report) it
answers `true` to another time or to one recipient less, and forgets it (rest.md 4.3). So that is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from stalwart_client._answers import fitting
from stalwart_client._errors import NotFound, Unsupported
from stalwart_client._mail_types import DeliveryStatus, QueuedMessage, QueuedRecipient, QueuePage
from stalwart_client._rest_call import Rest

_MESSAGES = "/api/queue/messages"
_LASTING = "default"
_STATUS = {
    "completed": DeliveryStatus.DELIVERED,
    "temp_fail": DeliveryStatus.DELAYED,
    "perm_fail": DeliveryStatus.FAILED,
}


class RestQueue:
    """Shows the queue and moves what can be moved."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def messages(
        self, *, text: str = "", sender: str = "", recipient: str = "", page: int = 1, limit: int = 50
    ) -> QueuePage:
        """Return a page, the oldest first."""
        wanted = {"text": text, "from": sender, "to": recipient}
        params = {"values": "1", "page": str(max(1, page)), "limit": str(limit)}
        params |= {name: value for name, value in wanted.items() if value}
        data = self._rest.call("GET", _MESSAGES, params=params, idempotent=True)
        with fitting("a page of the queue"):
            return QueuePage(
                messages=tuple(_message(each) for each in data["items"]),
                total=int(data["total"]),
                is_running=bool(data["status"]),
            )

    def message(self, message_id: str) -> QueuedMessage:
        """Return one message."""
        try:
            return _message(self._rest.look(_path(message_id)))
        except NotFound:
            raise NotFound("The message is not in the queue (any more).", subject=message_id) from None

    def some(self, message_ids: Iterable[str]) -> list[QueuedMessage]:
        """Return those that are there, asked one by one."""
        found = []
        for message_id in message_ids:
            with suppress(NotFound):
                found.append(self.message(message_id))
        return found

    def retry(self, message_id: str, *, recipient: str = "") -> None:
        """Try now, where that is more than a word."""
        self._change("PATCH", message_id, recipient)

    def reschedule(self, message_id: str, at: datetime, *, recipient: str = "") -> None:
        """Try later, where that is more than a word."""
        self._change("PATCH", message_id, recipient, at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def cancel(self, message_id: str, *, recipient: str = "") -> None:
        """Cancel the message, which works for all, or a recipient."""
        if recipient:
            self._change("DELETE", message_id, recipient)
            return
        with suppress(NotFound):
            self._rest.look(_path(message_id), method="DELETE")

    def retry_many(self, message_ids: Iterable[str]) -> None:
        """Try each now, where that is more than a word."""
        for message_id in message_ids:
            with suppress(NotFound):
                self.retry(message_id)

    def cancel_many(self, message_ids: Iterable[str]) -> None:
        """Cancel one after the other: to cancel many in one request is by a filter, and may hit others."""
        for message_id in message_ids:
            self.cancel(message_id)

    def _change(self, method: str, message_id: str, recipient: str, **params: str) -> None:
        message = self.message(message_id)
        about = [each for each in message.recipients if recipient.lower() in each.address.lower()]
        if recipient and not any(each.address.lower() == recipient.lower() for each in about):
            raise NotFound("The message has no such recipient.", subject=recipient)
        if any(each.queue != _LASTING for each in about):
            raise Unsupported(
                "This mail server would say yes and do nothing; it can only cancel the whole message.",
                subject=message_id,
            )
        if recipient and len(about) > 1:
            raise Unsupported("This mail server cannot tell this recipient from another.", subject=recipient)
        self._rest.look(
            _path(message_id), method=method, params=params | ({"filter": about[0].address} if recipient else {})
        )


def _path(message_id: str) -> str:
    """Return where a message is; without an id it would be all of them."""
    if not message_id.isdecimal():
        raise NotFound("The message is not in the queue (any more).", subject=message_id)
    return f"{_MESSAGES}/{message_id}"


def _message(shown: Mapping[str, Any]) -> QueuedMessage:
    with fitting("a queued message"):
        return QueuedMessage(
            id=str(shown["id"]),
            sender=str(shown["return_path"]).strip("<>"),
            recipients=tuple(_recipient(each) for each in shown["recipients"]),
            created_at=datetime.fromisoformat(shown["created"]).astimezone(UTC),
            size=int(shown["size"]),
        )


def _recipient(shown: Mapping[str, Any]) -> QueuedRecipient:
    status, answer = DeliveryStatus.WAITING, ""
    if isinstance(shown["status"], dict):
        ((name, said),) = shown["status"].items()
        status, answer = _STATUS[name], str(said)
    return QueuedRecipient(
        address=str(shown["address"]),
        status=status,
        answer=answer,
        tries=int(shown["retry_num"]),
        next_try_at=_moment(shown.get("next_retry")),
        expires_at=_moment(shown.get("expires")),
        queue=str(shown["queue"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
