"""Mail that waits for delivery, as its page shows it: asked of the mail server while somebody looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from math import ceil
from urllib.parse import urlencode

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.mailserver import client as server
from accounts.models import Operation, Pulse, Status, Topic
from accounts.queries import answers, mailserver, operations, words
from accounts.queries.sentences import server_silent
from stalwart_client import DeliveryStatus, NotFound, QueuedMessage, QueuedRecipient, StalwartClient, StalwartError

SIZE = 50
LOOKED_THROUGH = 500
"""Where two things are asked for at once, the panel looks through so many messages by itself."""
_NAMED = 2
_SHOWN_CHANGES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What the queue is asked for; empty is everything."""

    account: str = ""
    """Exactly this sender or recipient."""
    domain: str = ""
    """A sender or recipient of this domain."""
    text: str = ""
    """Part of a sender or recipient."""
    page: int = 1
    size: int = SIZE

    @property
    def is_narrow(self) -> bool:
        return bool(self.account or self.domain or self.text)

    @property
    def query(self) -> str:
        """How the page's address asks for them."""
        asked = {"account": self.account, "domain": self.domain, "q": self.text}
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def needle(self) -> str:
        """What the server can look for: one text that is part of an address."""
        return self.account or self.text or (f"@{self.domain}" if self.domain else "")

    @property
    def server_can(self) -> bool:
        """The server's own search finds just these; an account's address is also the end of a longer one."""
        return not self.account and not (self.text and self.domain)

    def fits(self, message: QueuedMessage) -> bool:
        addresses = [message.sender.lower(), *(each.address.lower() for each in message.recipients)]
        return (
            (not self.account or self.account in addresses)
            and any(address.endswith(f"@{self.domain}" if self.domain else "") for address in addresses)
            and any(self.text in address for address in addresses)
        )


class Change(StrEnum):
    """What the outbox is about to do to a message."""

    RETRY = "retry"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class RecipientRow:
    address: str
    mark: str
    status: str
    said: answers.Said
    tries: int
    next_try: str
    gives_up: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class MessageRow:
    id: str
    sender: str
    recipients: list[RecipientRow]
    size: str
    handed_in: str
    age: str
    is_old: bool
    next_try: str
    said: answers.Said
    change: Change | None

    @property
    def local(self) -> str:
        """The part of the sender that is shortened where it is too long."""
        return self.sender.rpartition("@")[0]

    @property
    def at_domain(self) -> str:
        return "".join(self.sender.rpartition("@")[1:])

    @property
    def named(self) -> list[str]:
        return [recipient.address for recipient in self.recipients[:_NAMED]]

    @property
    def more(self) -> int:
        return max(len(self.recipients) - _NAMED, 0)

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(recipient.address for recipient in self.recipients)


@dataclass(frozen=True, slots=True)
class View:
    """One page of the queue; `silent` says why there is none."""

    rows: list[MessageRow] = field(default_factory=list)
    total: int = 0
    pages: int = 1
    page: int = 1
    is_cut: bool = False
    """More fit than were looked through."""
    is_paused: bool = False
    silent: str = ""

    @property
    def before(self) -> int:
        return self.page - 1

    @property
    def after(self) -> int:
        return self.page + 1


@dataclass(frozen=True, slots=True)
class Found:
    messages: list[QueuedMessage]
    total: int
    is_running: bool | None
    is_cut: bool = False


def find(filters: Filters, client: StalwartClient | None = None) -> Found:
    """Return a page of the queue as the server tells it, by default with all the patience of a command.

    :raises StalwartError: if the server does not answer
    """
    ask = (client or server()).queue.messages
    if filters.server_can:
        page = ask(text=filters.needle, page=filters.page, limit=filters.size)
        return Found(list(page.messages), page.total, page.is_running)
    page = ask(text=filters.needle, page=1, limit=LOOKED_THROUGH)
    fitting = [each for each in page.messages if filters.fits(each)]
    start = (filters.page - 1) * filters.size
    is_cut = page.total > len(page.messages)
    return Found(fitting[start : start + filters.size], len(fitting), page.is_running, is_cut)


def view(filters: Filters, now: datetime) -> View:
    """Return a page, asked with the short time-out of pages; beyond the end it is the last one."""
    try:
        found = mailserver.look(partial(find, filters), now)
        pages = max(ceil(found.total / filters.size), 1)
        if not found.messages and filters.page > 1:
            found = mailserver.look(partial(find, replace(filters, page=pages)), now)
    except StalwartError as error:
        return View(silent=server_silent(error.code, Topic.MESSAGE))
    return View(
        rows=_rows(found.messages, now),
        total=found.total,
        pages=pages,
        page=min(filters.page, pages),
        is_cut=found.is_cut,
        is_paused=found.is_running is False,
    )


def how_many(filters: Filters, now: datetime) -> int | None:
    """Return how many messages wait that fit; None if the server does not answer in time."""
    try:
        return mailserver.look(partial(find, filters), now).total
    except StalwartError:
        return None


def messages(ids: Iterable[str], now: datetime) -> list[MessageRow]:
    """Return those of these messages that still wait.

    :raises StalwartError: if the server does not answer
    """
    return _rows(mailserver.look(lambda client: client.queue.some(ids), now), now)


def message(message_id: str, now: datetime) -> MessageRow | None:
    """Return one message, None if it is not in the queue (any more).

    :raises StalwartError: if the server does not answer
    """
    try:
        found = mailserver.look(lambda client: client.queue.message(message_id), now)
    except NotFound:
        return None
    return _rows([found], now)[0]


def can_be_moved() -> bool:
    """Say whether this server can try a message at once, or only cancel it; asked of what was last heard."""
    pulse = Pulse.objects.filter(name="server").first()
    return pulse is None or bool(pulse.facts.get("delivery_control", True))


def changes(now: datetime) -> list[operations.OperationRow]:
    """Return what was asked of the queue and is not settled, or has failed."""
    statuses = [Status.PENDING, Status.RUNNING, Status.FAILED]
    found = Operation.objects.filter(wish__topic=Topic.MESSAGE, status__in=statuses).select_related("wish")
    return [operations.row(operation, now) for operation in found.order_by("-created_at")[:_SHOWN_CHANGES]]


def _rows(found: Iterable[QueuedMessage], now: datetime) -> list[MessageRow]:
    changing = _changing()
    return [_row(each, changing, now) for each in found]


def _changing() -> dict[str, Change]:
    """Return by message what is on its way to be done to it."""
    changing: dict[str, Change] = {}
    asked = Operation.objects.open().filter(wish__topic=Topic.MESSAGE).values_list("wish__key", "wish__wanted")
    for key, wanted in asked:
        if not wanted.get("recipient"):
            changing |= dict.fromkeys(wanted.get("ids", [key]), Change(wanted["deed"]))
    return changing


def _row(message: QueuedMessage, changing: dict[str, Change], now: datetime) -> MessageRow:
    next_try_at = message.next_try_at
    return MessageRow(
        id=message.id,
        sender=message.sender,
        recipients=[_recipient(each, now) for each in message.recipients],
        size=words.size_words(message.size),
        handed_in=words.moment_words(message.created_at, now),
        age=words.ago(message.created_at, now),
        is_old=now - message.created_at > settings.QUEUE_STUCK_AFTER,
        next_try=_next_try(next_try_at, now),
        said=answers.said(message.last_answer, max((each.tries for each in message.recipients), default=0)),
        change=changing.get(message.id),
    )


def _next_try(at: datetime | None, now: datetime) -> str:
    if at is None:
        return _("none")
    return _("now") if at <= now else words.moment_words(at, now)


def _recipient(recipient: QueuedRecipient, now: datetime) -> RecipientRow:
    status = {
        DeliveryStatus.WAITING: ("scheduled", _("Waits")),
        DeliveryStatus.DELAYED: ("look", _("Put off")),
        DeliveryStatus.FAILED: ("bad", _("Given up")),
        DeliveryStatus.DELIVERED: ("active", _("Delivered")),
    }
    mark, status_words = status[recipient.status]
    is_open = recipient.status in {DeliveryStatus.WAITING, DeliveryStatus.DELAYED}
    return RecipientRow(
        address=recipient.address,
        mark=mark,
        status=status_words,
        said=answers.said(recipient.answer, recipient.tries),
        tries=recipient.tries,
        next_try=_next_try(recipient.next_try_at, now) if is_open else "",
        gives_up=words.moment_words(recipient.expires_at, now) if is_open and recipient.expires_at else "",
        is_open=is_open,
    )
