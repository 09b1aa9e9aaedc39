"""How the mail domains do, for the first page: what needs a look first, and few of them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from accounts.domain.lifecycle import State
from accounts.models import MailDomain
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
    """Return the domains in three queries, the gravest first, then those with the most mailboxes."""
    states = dns.states()
    there = Count("accounts", filter=~Q(accounts__state=State.PURGED))
    mailboxes = dict(MailDomain.objects.order_by().values_list("pk").annotate(there))
    rows = [_row(domain, mailboxes.get(domain.pk, 0), states) for domain in MailDomain.objects.present()]
    rows.sort(key=lambda row: (_ORDER.index(row.mark), -row.mailboxes, row.name))
    return Health(rows[:SHOWN], max(len(rows) - SHOWN, 0))


def _row(domain: MailDomain, mailboxes: int, states: dict[int, tuple[str, str]]) -> DomainHealth:
    mark, text = states.get(domain.pk, ("unknown", _("DNS not looked at yet")))
    if not domain.is_on_server:
        mark, text = "bad", _("The mail server does not have it")
    return DomainHealth(domain.pk, domain.name, mark, text, mailboxes)
