"""Where an account belongs: its campaign, and the profile whose numbers it has."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Move
from accounts.domain.people import Actor
from accounts.models import Account, Campaign, Profile
from accounts.services.changing import account_for_change, changed

_LONGEST_NAME = 120


@transaction.atomic
def move_account(account_id: int, *, campaign: str, by: Actor, now: datetime, reason: str = "") -> Account:
    """Put an account into a campaign, made if it is new, or into none; its dates stay as they are.

    :raises RuleBroken: if the mailbox is purged, or the name is too long
    """
    account = account_for_change(account_id)
    account.life.require(Move.EDIT, now)
    before = {"campaign": account.campaign.name if account.campaign else ""}
    account.campaign = campaign_named(campaign, now)
    after = {"campaign": account.campaign.name if account.campaign else ""}
    return changed(account, audit.Action.ACCOUNT_EDITED, by=by, now=now, before=before, after=after, reason=reason)


@transaction.atomic
def change_profile(account_id: int, *, profile: str, by: Actor, now: datetime, reason: str = "") -> Account:
    """Give an account another profile, and its numbers: space, grace and retention.

    :raises RuleBroken: if the mailbox is purged, or there is no such profile
    """
    account = account_for_change(account_id)
    account.life.require(Move.EDIT, now)
    kind = profile_named(profile)
    before = _numbers(account)
    account.profile = kind
    account.quota, account.grace_days, account.retention_days = kind.quota, kind.grace_days, kind.retention_days
    # Grace and retention decide when it closes and may be purged.
    account.live(account.life, now)
    return changed(
        account, audit.Action.ACCOUNT_EDITED, by=by, now=now, before=before, after=_numbers(account), reason=reason
    )


def campaign_named(name: str, now: datetime) -> Campaign | None:
    """Return the campaign of this name, made if it is new; no name is no campaign."""
    name = name.strip()
    require_campaign_name(name)
    return Campaign.objects.get_or_create(name=name, defaults={"created_at": now})[0] if name else None


def require_campaign_name(name: str) -> None:
    if len(name.strip()) > _LONGEST_NAME:
        raise RuleBroken("too_long", field="campaign", longest=_LONGEST_NAME)
    if not name.isprintable():
        raise RuleBroken("not_printable", field="campaign")


def profile_named(name: str) -> Profile:
    found = Profile.objects.filter(name__iexact=name.strip()).first()
    if found is None:
        raise RuleBroken("profile_unknown", field="profile", name=name[:80])
    return found


def _numbers(account: Account) -> dict[str, object]:
    return {
        "profile": account.profile.name,
        "quota": account.quota,
        "grace_days": account.grace_days,
        "retention_days": account.retention_days,
        "state": account.state,
    }
