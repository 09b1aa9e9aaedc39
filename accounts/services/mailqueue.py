"""Mail that waits for delivery: try it again, cancel it, and keep an eye on how much there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit, mailserver, outbox
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.mailserver import QueuedMessage
from accounts.models import Account, Operation, Topic, Wish

_NAMED = 5
"""So many recipients are named in the log."""
_LONGEST_REASON = 500


class Deed(StrEnum):
    RETRY = "retry"
    CANCEL = "cancel"


_ACTIONS = {Deed.RETRY: audit.Action.MAIL_RETRIED, Deed.CANCEL: audit.Action.MAIL_CANCELLED}


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the log names it; its sender is empty for a bounce."""

    id: str
    sender: str
    recipients: tuple[str, ...]


def look_up(ids: Sequence[str]) -> list[Message]:
    """Return these messages as the mail server has them.

    :raises RuleBroken: if one of them is not in the queue (any more)
    :raises StalwartError: if the server does not answer
    """
    found = {each.id: each for each in map(_as_named, mailserver.client().queue.some(ids))}
    if missing := [each for each in ids if each not in found]:
        raise RuleBroken("no_such_message", field="id", ids=missing)
    return [found[each] for each in dict.fromkeys(ids)]


def choose(fits: Callable[[QueuedMessage], bool]) -> list[Message]:
    """Return all messages that fit.

    :raises StalwartError: if the server does not answer
    """
    return [_as_named(each) for each in outbox.walk_queue(mailserver.client()) if fits(each)]


@transaction.atomic
def ask(
    messages: Sequence[Message], deed: Deed, *, by: Actor, now: datetime, recipient: str = "", reason: str = ""
) -> Operation:
    """Have messages tried now or taken out of the queue, or one recipient of one message; the outbox does it.

    :raises RuleBroken: if none was chosen, or the message has no such recipient
    """
    if not messages:
        raise RuleBroken("nothing_chosen", field="id")
    if recipient and recipient not in messages[0].recipients:
        raise RuleBroken("no_such_recipient", field="recipient", address=recipient)
    reason = reason.strip()[:_LONGEST_REASON]
    _log(messages, deed, recipient, reason=reason, by=by, now=now)
    if len(messages) > 1:
        wanted: dict[str, Any] = {"ids": [message.id for message in messages]}
        label = ngettext("%(n)s message", "%(n)s messages", len(messages)) % {"n": len(messages)}
        return _wish(uuid4().hex, deed, wanted, label, by=by, now=now)
    message = messages[0]
    to = recipient or ", ".join(message.recipients[:_NAMED])
    label = f"{message.sender or _('A bounce')} → {to}"
    return _wish(message.id, deed, {"recipient": recipient}, label, by=by, now=now)


@transaction.atomic
def retry_all(number: int, *, by: Actor, now: datetime) -> Operation:
    """Have everything tried that waits when the outbox gets to it; `number` is how many that was just now."""
    audit.record(
        audit.Action.MAIL_RETRIED, by=by, at=now, subject=_("All waiting mail"), after={"messages": number, "to": []}
    )
    return _wish("all", Deed.RETRY, {"all": True}, _("All waiting mail"), by=by, now=now)


def _as_named(message: QueuedMessage) -> Message:
    return Message(message.id, message.sender, tuple(each.address for each in message.recipients))


def _wish(key: str, deed: Deed, wanted: dict[str, Any], label: str, *, by: Actor, now: datetime) -> Operation:
    wish, _is_new = Wish.objects.update_or_create(
        topic=Topic.MESSAGE,
        key=key,
        defaults={"wanted": {**wanted, "deed": deed, "label": label}, "asked_at": now, "asked_by": by.name},
    )
    return outbox.record(cause=_ACTIONS[deed], now=now, subject=wish, request_id=by.request_id)


def _log(messages: Sequence[Message], deed: Deed, recipient: str, *, reason: str, by: Actor, now: datetime) -> None:
    """Write one event for each sender, so that the log of an account shows what became of its mail."""
    senders = sorted(messages, key=lambda message: message.sender)
    accounts = Account.objects.in_bulk({message.sender for message in messages}, field_name="address")
    for sender, of_sender in groupby(senders, key=lambda message: message.sender):
        theirs = list(of_sender)
        to = [recipient] if recipient else [address for message in theirs for address in message.recipients]
        audit.record(
            _ACTIONS[deed],
            by=by,
            at=now,
            account=accounts.get(sender),
            subject=sender or _("Bounces"),
            reason=reason,
            after={"messages": len(theirs), "to": to[:_NAMED]},
        )
