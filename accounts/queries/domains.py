"""Mail domains as their page shows them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from accounts.domain.lifecycle import State
from accounts.models import Account, MailDomain, Operation, Status
from accounts.queries import operations, words


@dataclass(frozen=True, slots=True)
class DomainRow:
    name: str
    description: str
    is_on_server: bool
    seen: str
    mailboxes: int
    open_mailboxes: int
    operation: operations.OperationRow | None
    """The change that is still on its way, or has failed."""


def rows(now: datetime) -> list[DomainRow]:
    """Return all domains with how many mailboxes each has; purged ones are records only."""
    counted = (
        Account.objects.exclude(state=State.PURGED).values_list("domain", "state").annotate(Count("pk")).order_by()
    )
    mailboxes: Counter[int] = Counter()
    for domain_id, _state, number in counted:
        mailboxes[domain_id] += number
    active = {domain_id: number for domain_id, state, number in counted if state == State.ACTIVE}
    unsettled = {
        operation.domain_id: operations.row(operation, now)
        for operation in Operation.objects.filter(
            domain__isnull=False, status__in=[Status.PENDING, Status.RUNNING, Status.FAILED]
        ).select_related("domain")
    }
    return [
        DomainRow(
            name=domain.name,
            description=domain.description,
            is_on_server=domain.is_on_server,
            seen=words.moment_words(domain.seen_at, now) if domain.seen_at else "",
            mailboxes=mailboxes[domain.pk],
            open_mailboxes=active.get(domain.pk, 0),
            operation=unsettled.get(domain.pk),
        )
        for domain in MailDomain.objects.order_by("name")
    ]
