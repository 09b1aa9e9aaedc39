"""Make the mail server have a domain."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from accounts.models import MailDomain
from stalwart_client import AlreadyExists, StalwartClient


def ensure(client: StalwartClient, domain: MailDomain | None, now: datetime) -> None:
    """Make a mail domain, or accept the one that is there.

    :raises StalwartError: if the server does not have it afterwards
    """
    if domain is None:
        return
    # An earlier try may have made it, or somebody else: it is there.
    with suppress(AlreadyExists):
        client.create_domain(domain.name, description=domain.description)
    MailDomain.objects.filter(pk=domain.pk).update(seen_at=now)
