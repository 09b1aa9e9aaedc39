"""What a sweep held back: the mailboxes whose retention is over, too many to delete without a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Sum

from accounts.models import Account
from accounts.queries import words

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Held:
    """The mailboxes that are to be deleted, oldest first; `accounts` are at most 200 of them."""

    accounts: list[Account]
    number: int
    used: str
    """What their mail takes on the mail server, in words; empty where it is not known."""

    @property
    def more(self) -> int:
        return self.number - len(self.accounts)


def held_back(now: datetime) -> Held:
    waiting = Account.objects.purgeable(now)
    used = waiting.order_by().aggregate(used=Sum("mailbox_used"))["used"]
    return Held(list(waiting[:_SHOWN]), waiting.count(), words.size_words(used) if used else "")
