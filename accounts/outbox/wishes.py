"""Make true what somebody wants of a thing that only the mail server knows, and read it back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from accounts.models import Topic, Wish
from accounts.outbox.mailboxes import NotShownYet
from stalwart_client import Group, Groups, MailingList, MailingLists, NotFound, QueuedMessage, StalwartClient

_FEW = 20
_PAGE = 500
"""The most that 0.16 shows at once."""


def ensure(client: StalwartClient, wish: Wish | None) -> None:
    """Make it true; what is true already is left alone.

    :raises StalwartError: if it is not true afterwards
    """
    if wish is not None:
        _ENSURE[Topic(wish.topic)](client, wish.key, wish.wanted)


def _message(client: StalwartClient, key: str, wanted: dict[str, Any]) -> None:
    """Let messages go or try them now. One that left the queue meanwhile needs neither."""
    is_cancelled = wanted["deed"] == "cancel"
    if recipient := str(wanted.get("recipient", "")):
        with suppress(NotFound):
            (client.queue.cancel if is_cancelled else client.queue.retry)(key, recipient=recipient)
        return
    ids = list(_queued_ids(client)) if wanted.get("all") else wanted.get("ids", [key])
    if not is_cancelled:
        client.queue.retry_many(ids)
        return
    client.queue.cancel_many(ids)
    if _still_queued(client, ids):
        raise NotShownYet("The mail server still has the message in its queue.")


def _still_queued(client: StalwartClient, ids: list[str]) -> bool:
    """Look for a few by name, for many among all there are."""
    if len(ids) <= _FEW:
        return bool(client.queue.some(ids))
    wanted = set(ids)
    return any(each in wanted for each in _queued_ids(client))


def _queued_ids(client: StalwartClient) -> Iterator[str]:
    for message in walk_queue(client):
        yield message.id


def walk_queue(client: StalwartClient) -> Iterator[QueuedMessage]:
    """Yield every message in the queue, none twice. Deliveries meanwhile make others move up, past the next page.

    :raises StalwartError: if the server does not answer
    """
    seen: set[str] = set()
    number = 1
    while True:
        page = client.queue.messages(page=number, limit=_PAGE)
        yield from (each for each in page.messages if each.id not in seen)
        seen.update(each.id for each in page.messages)
        if number * _PAGE >= page.total or not page.messages:
            return
        number += 1


def _blocked(client: StalwartClient, key: str, wanted: dict[str, Any]) -> None:
    (client.blocked.block if wanted["blocked"] else client.blocked.release)(key)
    if wanted["blocked"] != any(each.address == key for each in client.blocked.all()):
        raise NotShownYet("The mail server took the change but does not show it yet.", subject=key)


def _group(client: StalwartClient, key: str, wanted: dict[str, Any]) -> None:
    _shared(client.groups, key, wanted)


def _list(client: StalwartClient, key: str, wanted: dict[str, Any]) -> None:
    _shared(client.lists, key, wanted)


def _shared(there: Groups | MailingLists, address: str, wanted: dict[str, Any]) -> None:
    present = _present(there, address)
    members = set(wanted.get("members", ()))
    if not wanted["exists"]:
        if present:
            # A group with members is not deleted: whoever shared it would lose it without a word.
            there.change(address, remove=present.members)
            there.delete(address)
        return
    if present is None:
        there.create(address, name=wanted["name"], members=sorted(members))
        return
    before = set(present.members)
    there.change(address, name=wanted["name"], add=sorted(members - before), remove=sorted(before - members))


def _present(there: Groups | MailingLists, address: str) -> Group | MailingList | None:
    try:
        return there.at(address)
    except NotFound:
        return None


_ENSURE: dict[Topic, Callable[[StalwartClient, str, dict[str, Any]], None]] = {
    Topic.MESSAGE: _message,
    Topic.BLOCKED: _blocked,
    Topic.GROUP: _group,
    Topic.LIST: _list,
}
