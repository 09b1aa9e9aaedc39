"""How the mail domains do, for the first page: what needs a look first, and few of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.domain.lifecycle import State
from accounts.models import Account, MailDomain
from accounts.queries import dns

SHOWN = 6
_ORDER = ("bad", "look", "unknown", "active")


@dataclass(frozen=True, slots=True)
class DomainHealth:
    id: int
    name: str
    mark: str
    text: str
    mailboxes: int


@dataclass(frozen=True, slots=True)
class Health:
    rows: list[DomainHealth]
    more: int


def health() -> Health:
    """Return the domains, the gravest first, then those with the most mailboxes."""
    states = dns.states()
    there = Account.objects.exclude(state=State.PURGED).order_by()
    numbers = dict(there.values_list("domain").annotate(Count("pk")))
    rows = [
        DomainHealth(pk, name, *_state(pk, states, is_there=seen_at is not None), numbers.get(pk, 0))
        for pk, name, seen_at in MailDomain.objects.present().values_list("pk", "name", "seen_at")
    ]
    rows.sort(key=lambda row: (_ORDER.index(row.mark), -row.mailboxes, row.name))
    return Health(rows[:SHOWN], max(len(rows) - SHOWN, 0))


def _state(pk: int, states: dict[int, tuple[str, str]], *, is_there: bool) -> tuple[str, str]:
    if not is_there:
        return "bad", _("The mail server does not have it")
    return states.get(pk, ("unknown", _("DNS not looked at yet")))
