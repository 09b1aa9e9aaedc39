"""Is the mail server there? What was last heard of it, in the one row that every page and every process reads."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings

from accounts.domain.retry import WRONG_CREDENTIALS_WAIT
from accounts.models import Pulse
from accounts.models.pulse import SERVER
from stalwart_client import StalwartError, Unreachable, WrongCredentials

STILL_SILENT = timedelta(seconds=5)
"""For so long after a try that failed nobody tries again for a page."""


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
    pulse.facts = {**pulse.facts, "errors": pulse.facts.get("errors", 0) + 1, "failed_at": now.isoformat()}
    if isinstance(error, WrongCredentials):
        pulse.facts = {**pulse.facts, "refused": _fingerprint(), "refused_at": now.isoformat()}
    pulse.save()


def is_barred(now: datetime) -> bool:
    """Say whether these very credentials were refused within the hour: asking again would get us banned."""
    pulse = Pulse.objects.filter(name=SERVER, error_code=WrongCredentials.code).first()
    if pulse is None or pulse.facts.get("refused") != _fingerprint():
        return False
    return now < datetime.fromisoformat(pulse.facts["refused_at"]) + WRONG_CREDENTIALS_WAIT


def stay_out(now: datetime) -> None:
    """Let nobody ask whose credentials were just refused.

    :raises WrongCredentials: if ours were
    """
    if is_barred(now):
        raise WrongCredentials(
            "The mail server refused the panel's sign-in within the last hour; it was not asked again."
        )


def is_silent(now: datetime) -> bool:
    """Say whether the server did not answer when it was last asked.

    :raises Unreachable: if that was only just now: there is no use in asking again
    """
    pulse = Pulse.objects.filter(name=SERVER, error_code=Unreachable.code).first()
    if pulse is None:
        return False
    failed_at = datetime.fromisoformat(pulse.facts["failed_at"]) if "failed_at" in pulse.facts else pulse.at
    if now < failed_at + STILL_SILENT:
        raise Unreachable(pulse.error)
    return True


def _fingerprint() -> str:
    """Tell credentials apart without keeping them."""
    parts = (settings.STALWART_URL, settings.STALWART_USER, settings.STALWART_PASSWORD, settings.STALWART_TOKEN)
    text = "\0".join((settings.SECRET_KEY, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
