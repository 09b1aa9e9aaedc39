"""Which mailboxes a bulk change is for: those that were ticked, or all that a list's filters let through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from accounts.domain.bulk import MOST_AT_ONCE
from accounts.queries import accounts as queries
from accounts.queries import asked

_LARGEST = 2**63


@dataclass(frozen=True, slots=True)
class Chosen:
    """The choice as a form carries it from the list to the question, and from there to the plan."""

    ticked: tuple[int, ...]
    takes_all: bool
    query: str
    """What the list was asked for."""

    @classmethod
    def read(cls, given: QueryDict) -> Chosen:
        """Read ticks of this page (`pick`) and those that the script remembers of other pages (`picked`)."""
        texts = [*given.get("picked", "").split(","), *given.getlist("pick")]
        numbers = dict.fromkeys(int(text) for text in texts if text.isdecimal() and len(text) < 20)
        ticked = tuple(number for number in numbers if number < _LARGEST)
        return cls(ticked[: MOST_AT_ONCE + 1], bool(given.get("all")), given.get("query", "")[:4000])

    @property
    def picked(self) -> str:
        return ",".join(map(str, self.ticked))

    def ids(self, now: datetime) -> list[int]:
        """Return the accounts, in the order of the list; one more than can be taken says that there are more."""
        if self.takes_all:
            return queries.ids(asked.read(self.query), now, MOST_AT_ONCE)
        return list(self.ticked)

    def scope(self, now: datetime) -> int | None:
        """Return how many accounts it was computed over; None where a person ticked each one."""
        return queries.counts(now).on_server if self.takes_all else None
