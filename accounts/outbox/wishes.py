"""Make true what somebody wants of a thing that only the mail server knows, and read it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accounts.models import Topic, Wish
from accounts.outbox.mailboxes import NotShownYet
from stalwart_client import Group, Groups, MailingList, MailingLists, NotFound, StalwartClient


def ensure(client: StalwartClient, wish: Wish | None) -> None:
    """Make it true; what is true already is left alone.

    :raises StalwartError: if it is not true afterwards
    """
    if wish is not None:
        _ENSURE[Topic(wish.topic)](client, wish.key, wish.wanted)


def _message(client: StalwartClient, key: str, wanted: dict[str, Any]) -> None:
    """Let a message go or try it now. One that left the queue meanwhile needs neither."""
    recipient = str(wanted.get("recipient", ""))
    try:
        if wanted["deed"] == "cancel":
            client.queue.cancel(key, recipient=recipient)
        else:
            client.queue.retry(key, recipient=recipient)
    except NotFound:
        return
    if wanted["deed"] == "cancel" and not recipient and _is_queued(client, key):
        raise NotShownYet("The mail server still has the message in its queue.")


def _is_queued(client: StalwartClient, key: str) -> bool:
    try:
        client.queue.message(key)
    except NotFound:
        return False
    return True


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
