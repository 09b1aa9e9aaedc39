"""One mailbox that a limited operator looks after and one that they do not, each with all that hangs on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.domain.bulk import Change, Intent
from accounts.domain.drift import Difference, Standing
from accounts.domain.people import Actor, Role
from accounts.domain.reach import Reach
from accounts.models import Account, Batch, Campaign, Drift, ImportFile, MailDomain, Operation, SavedView, Staff
from accounts.services import bulk, imports
from tests.factories import make_account

PALESA = Actor(name="palesa")
"""Looks after everything, and made all that is here."""
FAR_WORDS = ("Zanele Moyo", "zanele.moyo", "Faraway audit", "faraway-owner")
"""What a page that tells too much would show, however limited somebody is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A mail domain and a campaign, with a mailbox, and a sheet, a job, a change and a difference about it."""

    domain: MailDomain
    campaign: Campaign
    account: Account
    sheet: ImportFile
    job: Batch
    operation: Operation
    drift: Drift


@dataclass(frozen=True, slots=True)
class Places:
    near: Place
    far: Place

    def reach(self, limit: str) -> Reach:
        """Return a reach that ends before what is far: by "domain", by "campaign", or by both."""
        domains = {self.near.domain.pk} if limit in {"domain", "both"} else set()
        campaigns = {self.near.campaign.pk} if limit in {"campaign", "both"} else set()
        return Reach(frozenset(domains), frozenset(campaigns))


LIMITS = ("domain", "campaign", "both")


def places(now: datetime) -> Places:
    near = _place("near", "Thandi Nkosi", "thandi.nkosi", "Nearby audit", now)
    return Places(near, _place("far", "Zanele Moyo", "zanele.moyo", "Faraway audit", now))


def view_of_another(now: datetime) -> SavedView:
    owner = Staff.objects.get_or_create(username=PALESA.name, defaults={"role": Role.ADMIN, "created_at": now})[0]
    return SavedView.objects.get_or_create(name="Mine", owner=owner, defaults={"created_at": now})[0]


def _place(label: str, name: str, local: str, campaign: str, now: datetime) -> Place:
    owner = f"{label}away-owner@example.org"
    given = {"name": name, "campaign": campaign, "owner": owner, "purpose": f"{campaign} visits"}
    account = make_account(f"{local}@{label}.metrosure.app", now=now, by=PALESA, **given)
    assert account.campaign
    row = f"Name,Address,Owner,Last day\n{name},{account.address},{owner},2027-01-15\n"
    return Place(
        domain=account.domain,
        campaign=account.campaign,
        account=account,
        sheet=imports.upload(name=f"{campaign}.csv", data=row.encode(), by=PALESA, now=now),
        job=bulk.plan_bulk([account.pk], Intent(change=Change.EXTEND, days=7), by=PALESA, now=now),
        operation=account.operations.get(),
        drift=Drift.objects.create(
            kind=Difference.DIFFERENT,
            address=account.address,
            account=account,
            fields={"name": {"here": name, "there": f"{name} there"}},
            state=Standing.OPEN,
            first_seen_at=now,
            seen_at=now,
        ),
    )
