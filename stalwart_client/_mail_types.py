"""What moves mail: groups and lists, the queue, the log, and addresses that are kept out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A mailbox that several people share; its members read and send as it."""

    address: str
    id: str = ""
    name: str = ""
    members: tuple[str, ...] = ()
    """Addresses, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingList:
    """An address that hands its mail on to others, who may be anywhere."""

    address: str
    id: str = ""
    name: str = ""
    members: tuple[str, ...] = ()
    """Addresses, sorted."""


class DeliveryStatus(StrEnum):
    """How far the delivery to one recipient is."""

    WAITING = "waiting"
    """Not tried yet, or just asked to be."""
    DELAYED = "delayed"
    """Tried in vain, and tried again later."""
    FAILED = "failed"
    """Given up, or cancelled."""
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRecipient:
    """The delivery of a message to one address."""

    address: str
    status: DeliveryStatus
    answer: str = ""
    """What the other server or the network said last."""
    tries: int = 0
    next_try_at: datetime | None = None
    expires_at: datetime | None = None
    """When the server gives up."""
    queue: str = ""
    """The server's own queue that it waits in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message on its way out; `id` is a text, as on 0.15 it is a number that JavaScript cannot hold."""

    id: str
    sender: str
    """Empty for a bounce."""
    recipients: tuple[QueuedRecipient, ...]
    created_at: datetime
    size: int

    @property
    def next_try_at(self) -> datetime | None:
        """When the first of the waiting recipients is tried again."""
        open_ = (DeliveryStatus.WAITING, DeliveryStatus.DELAYED)
        return min(
            (each.next_try_at for each in self.recipients if each.next_try_at and each.status in open_), default=None
        )

    @property
    def last_answer(self) -> str:
        """What was said last about the first recipient that was answered at all."""
        return next((each.answer for each in self.recipients if each.answer), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """Some of the queued messages, and how many there are that match."""

    messages: tuple[QueuedMessage, ...]
    total: int
    is_running: bool | None = None
    """Whether the queue is being worked off; None where the server does not say (0.16)."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the server's log; `event` is its kind ("auth.success"), `text` what it says of it."""

    at: datetime
    level: str
    event: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedAddress:
    """An IP address or network that the server does not talk to."""

    address: str
    reason: str = ""
    """The server's own word (authFailure, manual, …); 0.15 keeps none."""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    """None is for ever."""
