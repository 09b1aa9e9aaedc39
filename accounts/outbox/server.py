"""What the panel knows of the server as a whole: does it answer, since when not, what is it, which domains has it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts import mailserver
from accounts.mailserver import presence
from accounts.models import Kind, MailDomain, Operation, Pulse, Status
from accounts.models.operation import OPEN
from accounts.models.pulse import SERVER
from stalwart_client import ServerFacts, StalwartError, WrongCredentials

_DELETION_SHOWS = timedelta(minutes=10)
"""A list of domains that was read just before a deletion still has the domain."""


def tell_pulse(errors: Sequence[StalwartError | None], now: datetime) -> None:
    """One good answer shows that the server is there; only when all failed alike is it away."""
    away = [error for error in errors if error and error.code in {"unreachable", "wrong_credentials", "unexpected"}]
    if away and len(away) == len(errors):
        presence.not_heard(away[0], now)
    elif errors:
        presence.heard(now)


def welcome_back(now: datetime) -> None:
    """After a refusal with other credentials, try at once what waited for them."""
    refused = Operation.objects.filter(status=Status.PENDING, error_code=WrongCredentials.code, due_at__gt=now)
    if refused.exists() and not presence.is_barred(now):
        refused.update(due_at=now)


def look_at_server(now: datetime, *, timeout: timedelta | None = None) -> ServerFacts:
    """Ask the server what it is, and keep the answer for the pages.

    :raises StalwartError: if it does not answer, or not to us
    """
    presence.stay_out(now)
    began = time.monotonic()
    try:
        facts = mailserver.client(timeout).facts()
    except StalwartError as error:
        presence.not_heard(error, now)
        raise
    seconds = round(time.monotonic() - began, 4)
    presence.heard(now)
    pulse = Pulse.objects.get(name=SERVER)
    pulse.facts = {**_plain(facts), "seconds": seconds, "errors": pulse.facts.get("errors", 0)}
    pulse.save(update_fields=["facts"])
    return facts


def refresh_domains(now: datetime) -> list[MailDomain]:
    """Take over the names of the server's mail domains, so that accounts can be opened in them.

    :raises StalwartError: if the server does not answer
    """
    there = {domain.name: domain for domain in mailserver.client().domains()}
    for name, domain in there.items():
        MailDomain.objects.update_or_create(
            name=name,
            defaults={"seen_at": now},
            create_defaults={"seen_at": now, "created_at": now, "description": domain.description},
        )
    MailDomain.objects.exclude(name__in=there).update(seen_at=None)
    _welcome_again(now)
    return list(MailDomain.objects.present().order_by("name"))


def _welcome_again(now: datetime) -> None:
    """A domain that was given up here and is there again long after its deletion: somebody else made it anew."""
    lately = Q(status__in=[*OPEN, Status.FAILED]) | Q(settled_at__gt=now - _DELETION_SHOWS)
    going = Operation.objects.filter(lately, kind=Kind.DOMAIN, domain=OuterRef("pk"))
    MailDomain.objects.filter(~Exists(going), is_wanted=False, seen_at=now).update(is_wanted=True)


def _plain(facts: ServerFacts) -> dict[str, Any]:
    return {
        "generation": str(facts.generation),
        "version": facts.version,
        "edition": facts.edition,
        "missing": list(facts.missing),
        "lacking": {topic: list(names) for topic, names in facts.lacking.items()},
        "dkim_rotation": facts.capabilities.dkim_rotation,
        "external_directory": facts.external_directory,
        "deadlines": facts.capabilities.deadlines,
        "denials": sorted(facts.capabilities.denials),
        "delivery_control": facts.capabilities.delivery_control,
    }
