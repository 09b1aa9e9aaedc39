"""Accounts for tests, made by the service that makes them in the program."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.domain.people import Actor
from accounts.models import Account, MailDomain
from accounts.services.accounts import create_account

TESTER = Actor(name="tester")


def make_account(address: str = "thandi.nkosi@metrosure.app", *, now: datetime, **given: Any) -> Account:
    """Open an account of 30 days from `now`; its mail domain is made in our records if it is missing."""
    domain = address.rpartition("@")[2]
    if domain.endswith("metrosure.app"):
        MailDomain.objects.get_or_create(name=domain, defaults={"created_at": now, "seen_at": now})
    details: dict[str, Any] = {
        "name": "Thandi Nkosi",
        "owner": "palesa@metrosure.app",
        "ends_at": now + timedelta(days=30),
        "by": TESTER,
    }
    return create_account(address=address, now=now, **{**details, **given})
