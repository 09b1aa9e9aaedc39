"""What the panel knows of the server as a whole: does it answer, since when not, what is it, which domains has it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from accounts import mailserver
from accounts.domain.retry import WRONG_CREDENTIALS_WAIT
from accounts.models import Kind, MailDomain, Operation, Pulse, Status
from accounts.models.operation import OPEN
from stalwart_client import ServerFacts, StalwartError, WrongCredentials

SERVER = "server"
_DELETION_SHOWS = timedelta(minutes=10)
"""A list of domains that was read just before a deletion still has the domain."""


def heard(now: datetime) -> None:
    """The server answered."""
    Pulse.objects.update_or_create(
        name=SERVER, defaults={"at": now, "failing_since": None, "error_code": "", "error": ""}
    )


def not_heard(error: StalwartError, now: datetime) -> None:
    """The server did not answer, or not to us. The first failure says since when."""
    pulse = Pulse.objects.filter(name=SERVER).first() or Pulse(name=SERVER, at=now)
    pulse.failing_since = pulse.failing_since or now
    pulse.error_code, pulse.error = error.code, str(error)
    pulse.facts = {**pulse.facts, "errors": pulse.facts.get("errors", 0) + 1}
    if isinstance(error, WrongCredentials):
        pulse.facts = {**pulse.facts, "refused": _fingerprint(), "refused_at": now.isoformat()}
    pulse.save()


def tell_pulse(errors: Sequence[StalwartError | None], now: datetime) -> None:
    """One good answer shows that the server is there; only when all failed alike is it away."""
    away = [error for error in errors if error and error.code in {"unreachable", "wrong_credentials", "unexpected"}]
    if away and len(away) == len(errors):
        not_heard(away[0], now)
    elif errors:
        heard(now)


def is_barred(now: datetime) -> bool:
    """Say whether these very credentials were refused within the hour: asking again would get us banned."""
    pulse = Pulse.objects.filter(name=SERVER, error_code=WrongCredentials.code).first()
    if pulse is None or pulse.facts.get("refused") != _fingerprint():
        return False
    return now < datetime.fromisoformat(pulse.facts["refused_at"]) + WRONG_CREDENTIALS_WAIT


def welcome_back(now: datetime) -> None:
    """After a refusal with other credentials, try at once what waited for them."""
    refused = Operation.objects.filter(status=Status.PENDING, error_code=WrongCredentials.code, due_at__gt=now)
    if refused.exists() and not is_barred(now):
        refused.update(due_at=now)


def look_at_server(now: datetime, *, timeout: timedelta | None = None) -> ServerFacts:
    """Ask the server what it is, and keep the answer for the pages.

    :raises StalwartError: if it does not answer, or not to us
    """
    if is_barred(now):
        raise WrongCredentials(
            "The mail server refused the panel's sign-in within the last hour; it was not asked again."
        )
    began = time.monotonic()
    try:
        facts = mailserver.client(timeout).facts()
    except StalwartError as error:
        not_heard(error, now)
        raise
    seconds = round(time.monotonic() - began, 4)
    heard(now)
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


def _fingerprint() -> str:
    """Tell credentials apart without keeping them."""
    parts = (settings.STALWART_URL, settings.STALWART_USER, settings.STALWART_PASSWORD, settings.STALWART_TOKEN)
    text = "\0".join((settings.SECRET_KEY, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


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
