"""Where an account belongs: its campaign, and the profile that gave it what it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.domain.campaigns import Dates
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Move
from accounts.domain.people import Actor
from accounts.models import Account, Campaign, Profile
from accounts.services import checking
from accounts.services.changing import account_for_change, changed
from accounts.services.checking import Wrong

LONGEST_CAMPAIGN = 120


@dataclass(frozen=True, slots=True)
class Place:
    """What a new account has from its campaign and its profile where nobody says otherwise."""

    campaign: Campaign | None
    profile: Profile

    @property
    def owner(self) -> str:
        return self.campaign.owner if self.campaign else ""

    @property
    def dates(self) -> Dates:
        return self.campaign.dates if self.campaign else Dates()


def place(campaign: str, profile: str, *, by: Actor, now: datetime, wrong: Wrong) -> Place:
    """Find where a new account belongs; a campaign is made if it is new, its profile goes before the standard one."""
    found = wrong.catch(campaign_named, campaign, by=by, now=now)
    kind = found.profile if found else None
    if profile.strip():
        kind = wrong.catch(profile_named, profile)
    return Place(found, kind or Profile.objects.standard())


@transaction.atomic
def move_account(account_id: int, *, campaign: str, by: Actor, now: datetime, reason: str = "") -> Account:
    """Put an account into a campaign, made if it is new, or into none; its dates stay as they are.

    :raises RuleBroken: if the mailbox is purged, or the name is too long
    """
    account = account_for_change(account_id, by=by)
    account.life.require(Move.EDIT, now)
    former = account.campaign_id
    before = {"campaign": account.campaign.name if account.campaign else ""}
    account.campaign = campaign_named(campaign, by=by, now=now)
    # Its dates stay, so they are its own: the new campaign never agreed to them.
    account.follows_campaign = account.follows_campaign and account.campaign_id == former
    after = {"campaign": account.campaign.name if account.campaign else ""}
    return changed(account, audit.Action.ACCOUNT_EDITED, by=by, now=now, before=before, after=after, reason=reason)


@transaction.atomic
def change_profile(account_id: int, *, profile: str, by: Actor, now: datetime, reason: str = "") -> Account:
    """Give an account another profile, and all that it gives: space, grace, retention, limits and groups.

    :raises RuleBroken: if the mailbox is purged, or there is no such profile
    """
    account = account_for_change(account_id, by=by)
    account.life.require(Move.EDIT, now)
    kind = profile_named(profile)
    before = given(account)
    account.equip(kind)
    # Grace and retention decide when it closes and may be purged.
    account.live(account.life, now)
    return changed(
        account, audit.Action.ACCOUNT_EDITED, by=by, now=now, before=before, after=given(account), reason=reason
    )


def campaign_named(name: str, *, by: Actor, now: datetime) -> Campaign | None:
    """Return the campaign of this name, made if it is new; no name is no campaign.

    :raises RuleBroken: if it is too long, cannot be shown, or is beyond reach
    """
    name = require_campaign_name(name)
    require_campaign_in_reach(name, by)
    if not name:
        return None
    campaign, is_new = Campaign.everywhere.get_or_create(name=name, defaults={"created_at": now})
    if is_new:
        after = {"campaign_id": campaign.pk, "name": name}
        audit.record(audit.Action.CAMPAIGN_CREATED, by=by, at=now, subject=name, after=after)
    return campaign


def require_campaign_name(name: str) -> str:
    return checking.text(name, field="campaign", longest=LONGEST_CAMPAIGN)


def require_campaign_in_reach(name: str, by: Actor) -> None:
    """Make sure that somebody may put accounts into the campaign of this name.

    Whoever is limited to some campaigns may neither leave an account without any, nor make a new one.

    :raises RuleBroken: `out_of_reach`
    """
    there = Campaign.everywhere.filter(name=name).values_list("pk", flat=True).first() if name else None
    by.reach.require_campaign(there)
    if there and not Campaign.everywhere.within(by.reach).filter(pk=there).exists():
        raise RuleBroken("out_of_reach", field="campaign")


def profile_named(name: str) -> Profile:
    found = Profile.objects.filter(name__iexact=name.strip()).first()
    if found is None:
        raise RuleBroken("profile_unknown", field="profile", name=name[:80])
    return found


def given(account: Account) -> dict[str, object]:
    """What the log keeps of what an account has from its profile."""
    return {
        "profile": account.profile.name,
        "quota": account.quota,
        "grace_days": account.grace_days,
        "retention_days": account.retention_days,
        "limits": account.denials,
        "groups": account.groups,
        "mail_before_start": account.mail_before_start,
        "server_deadline": account.server_deadline,
        "state": account.state,
    }
