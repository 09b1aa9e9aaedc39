"""Mail domains."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts import audit, outbox
from accounts.domain import addresses
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import MailDomain, Operation, Status


def create_domain(
    name: str, *, by: Actor, now: datetime, clock: Callable[[], datetime], description: str = ""
) -> MailDomain:
    """Make a mail domain; returns when the server has it, or when the server is known not to answer.

    The wish is recorded first and carried out at once, outside of the transaction (design.md, section 4).

    :raises RuleBroken: if it is no domain, exists already, or the server refuses it; then nothing is left behind
    """
    domain, operation = _record(addresses.check_domain(name, field="name"), description.strip(), by=by, now=now)
    outbox.execute(operation.pk, clock)
    operation.refresh_from_db()
    if operation.status == Status.FAILED:
        MailDomain.objects.filter(pk=domain.pk).delete()
        raise RuleBroken("domain_refused", field="name", domain=domain.name, error=operation.error)
    domain.refresh_from_db()
    return domain


@transaction.atomic
def _record(name: str, description: str, *, by: Actor, now: datetime) -> tuple[MailDomain, Operation]:
    domain = MailDomain.objects.filter(name=name).first()
    if domain and domain.is_on_server:
        raise RuleBroken("domain_exists", field="name", domain=name)
    domain = domain or MailDomain.objects.create(name=name, description=description[:200], created_at=now)
    audit.record(audit.Action.DOMAIN_CREATED, by=by, at=now, subject=name)
    operation = outbox.record(cause=audit.Action.DOMAIN_CREATED, now=now, subject=domain, request_id=by.request_id)
    return domain, operation
