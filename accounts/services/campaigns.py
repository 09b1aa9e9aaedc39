"""Campaigns: made, changed with all accounts that go by their dates, and ended as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.domain.bulk import Change, Intent
from accounts.domain.campaigns import Dates
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Move
from accounts.domain.people import Actor
from accounts.models import Account, Batch, BatchRow, Campaign
from accounts.queries import words
from accounts.queries.shifts import Shifts, own_dates_words, shifts
from accounts.services import batches, bulk, checking, lifecycle, placing
from accounts.services.batches import Outcome, PlannedRow
from accounts.services.changing import account_for_change
from accounts.services.checking import Wrong

KIND = "campaign"
_LONGEST_NOTE = 2000


class Details(TypedDict, total=False):
    """What can be said of a campaign; what is left out stays as it is."""

    name: str
    owner: str
    starts_at: datetime | None
    ends_at: datetime | None
    profile: str
    note: str


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed campaign, and the job that moves its accounts where its dates were changed."""

    campaign: Campaign
    job: Batch | None = None


@transaction.atomic
def create_campaign(*, by: Actor, now: datetime, **details: Unpack[Details]) -> Campaign:
    """Make a campaign, which needs a name and an owner; accounts are opened in it by its name.

    :raises RuleBroken: `out_of_reach` for whoever is limited to some campaigns
    :raises SeveralRulesBroken: naming every field that is wrong
    """
    by.reach.require_campaign(None, field="name")
    campaign = Campaign(created_at=now)
    nothing: Details = {"name": "", "owner": ""}
    _fill(campaign, {**nothing, **details}, now)
    campaign.save(force_insert=True)
    audit.record(audit.Action.CAMPAIGN_CREATED, by=by, at=now, subject=campaign.name, after=facts(campaign))
    return campaign


@transaction.atomic
def edit_campaign(
    campaign_id: int,
    *,
    by: Actor,
    now: datetime,
    expected_version: int | None = None,
    also: Collection[int] = (),
    **details: Unpack[Details],
) -> Edited:
    """Change a campaign. Other dates move every account that goes by them, as a job that names who does not.

    `also` are accounts with dates of their own that go by the campaign's from now on.

    :raises RuleBroken: `edited_by_another`, or `campaign_is_followed` where its last day is taken away from followers
    :raises SeveralRulesBroken: naming every field that is wrong
    """
    campaign = campaign_for_change(campaign_id, expected_version, by=by)
    before, dates = facts(campaign), campaign.dates
    _fill(campaign, details, now)
    _require_followable(campaign, dates)
    after = facts(campaign)
    differs = [name for name in after if after[name] != before[name]]
    if not differs and not also:
        return Edited(campaign)
    campaign.version += 1
    campaign.save()
    audit.record(
        audit.Action.CAMPAIGN_EDITED,
        by=by,
        at=now,
        subject=campaign.name,
        before={name: before[name] for name in (*differs, "campaign_id")},
        after={name: after[name] for name in (*differs, "campaign_id")},
    )
    return Edited(campaign, _move(campaign, dates, also, by=by, now=now))


@transaction.atomic
def end_campaign(campaign_id: int, *, reason: str, by: Actor, now: datetime, typed: int | None = None) -> Batch | None:
    """End a campaign and all its accounts now; None where nobody was left to end.

    :raises RuleBroken: if it is over, no reason is given, or `type_the_number` where the brake wants it typed
    """
    campaign = campaign_for_change(campaign_id, by=by)
    intent = Intent(change=Change.END, reason=reason)
    intent.require_whole(now)
    before, open_accounts = facts(campaign), endable(campaign, now)
    if not open_accounts and campaign.dates == campaign.dates.cut(now):
        raise RuleBroken("campaign_over")
    cut = campaign.dates.cut(now)
    campaign.starts_at, campaign.ends_at = cut.starts_at, cut.ends_at
    campaign.version += 1
    campaign.save()
    audit.record(
        audit.Action.CAMPAIGN_ENDED,
        by=by,
        at=now,
        subject=campaign.name,
        reason=reason,
        before={"campaign_id": campaign.pk, "ends_at": before["ends_at"]},
        after={"campaign_id": campaign.pk, "ends_at": campaign.ends_at},
    )
    if not open_accounts:
        return None
    job = bulk.plan_bulk(open_accounts, intent, by=by, now=now, scope=len(open_accounts))
    return batches.start(job.pk, by=by, now=now, typed=typed)


def endable(campaign: Campaign, now: datetime) -> list[int]:
    """Return the accounts of a campaign that can be ended, the first to end first."""
    accounts = Account.objects.filter(campaign=campaign).order_by("ends_at", "pk")
    return [account.pk for account in accounts.iterator(chunk_size=1000) if account.can(Move.END, now)]


def carry_out(row: BatchRow, by: Actor, now: datetime) -> Outcome:
    """Let one account go by its campaign's dates as they are now, unless it has left them since."""
    if row.account_id is None:
        raise RuleBroken("no_such_account")
    account = account_for_change(row.account_id, by=by)
    if account.campaign_id != row.batch.params["campaign"]:
        return Outcome(skipped=_("It has left the campaign."))
    if not (account.follows_campaign or row.plan["ticked"]):
        return Outcome(skipped=own_dates_words(account, now))
    starts_at = datetime.fromisoformat(row.plan["starts_at"]) if row.plan["starts_at"] else None
    lifecycle.follow_campaign(account.pk, starts_at=starts_at, by=by, now=now)
    return Outcome()


def campaign_for_change(campaign_id: int, expected_version: int | None = None, *, by: Actor) -> Campaign:
    """Lock the row and return the campaign.

    :raises RuleBroken: `no_such_campaign`, `campaign_out_of_reach` where not all of its accounts are in reach, or
        `edited_by_another` with the version that it has now
    """
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise RuleBroken("no_such_campaign")
    _require_whole_reach(campaign, by)
    if expected_version is not None and expected_version != campaign.version:
        raise RuleBroken("edited_by_another", version=campaign.version)
    return campaign


def _require_whole_reach(campaign: Campaign, by: Actor) -> None:
    """A campaign's dates are those of all its accounts, so whoever changes them has to reach all."""
    by.reach.require_campaign(campaign.pk)
    reached = Account.everywhere.within(by.reach).values("pk")
    if Account.everywhere.filter(campaign=campaign).exclude(pk__in=reached).exists():
        raise RuleBroken("campaign_out_of_reach")


def facts(campaign: Campaign) -> dict[str, Any]:
    """What the log keeps of a campaign; its number ties its history together when it is renamed."""
    return {
        "campaign_id": campaign.pk,
        "name": campaign.name,
        "owner": campaign.owner,
        "starts_at": campaign.starts_at,
        "ends_at": campaign.ends_at,
        "profile": campaign.profile.name if campaign.profile else "",
        "note": campaign.note,
    }


def _fill(campaign: Campaign, given: Details, now: datetime) -> None:
    wrong, before = Wrong(), campaign.dates
    if "name" in given:
        campaign.name = wrong.catch(_free_name, given["name"], campaign) or ""
    if "owner" in given:
        campaign.owner = wrong.catch(checking.email, given["owner"], field="owner") or ""
    if "note" in given:
        note = wrong.catch(checking.text, given["note"], field="note", longest=_LONGEST_NOTE, lines=True)
        campaign.note = note or ""
    if "profile" in given:
        campaign.profile = wrong.catch(placing.profile_named, given["profile"]) if given["profile"].strip() else None
    dates = Dates(given.get("starts_at", before.starts_at), given.get("ends_at", before.ends_at))
    if dates != before:
        wrong.catch(dates.agreed, now, before)
        campaign.starts_at, campaign.ends_at = dates.starts_at, dates.ends_at
    wrong.raise_if_any()


def _free_name(typed: str, campaign: Campaign) -> str:
    name = checking.text(typed, field="name", longest=placing.LONGEST_CAMPAIGN, required=True)
    if Campaign.everywhere.filter(name__iexact=name).exclude(pk=campaign.pk or 0).exists():
        raise RuleBroken("campaign_name_taken", field="name", name=name)
    return name


def _require_followable(campaign: Campaign, before: Dates) -> None:
    """Accounts that go by a last day cannot be left without one."""
    if campaign.ends_at is not None or before.ends_at is None:
        return
    if followers := Account.objects.filter(campaign=campaign, follows_campaign=True).count():
        raise RuleBroken("campaign_is_followed", field="ends_at", number=followers)


def _move(campaign: Campaign, before: Dates, also: Collection[int], *, by: Actor, now: datetime) -> Batch | None:
    """Start the job that takes the accounts along; None where there is nobody to move."""
    if campaign.dates == before and not also:
        return None
    planned = shifts(campaign, before, campaign.dates, now, ticked=also)
    if not planned.moving or campaign.ends_at is None:
        return None
    rows = _rows(planned, also, now)
    day = words.last_day_words(campaign.ends_at, words.local_day(now))
    title = _("Move “%(name)s” to %(day)s") % {"name": campaign.name, "day": day}
    job = batches.plan_batch(KIND, rows, title=title, by=by, now=now, params={"campaign": campaign.pk})
    return batches.start(job.pk, by=by, now=now)


def _rows(planned: Shifts, also: Collection[int], now: datetime) -> Iterator[PlannedRow]:
    for shift in planned.moving:
        plan = {
            "before": shift.before,
            "after": shift.after,
            "starts_at": shift.starts_at.isoformat() if shift.starts_at else "",
            "ticked": shift.account.pk in also,
        }
        yield PlannedRow(subject=shift.account.address, account_id=shift.account.pk, plan=plan)
    for shift in planned.own:
        yield _stays(shift.account, own_dates_words(shift.account, now))
    for shift in planned.stuck:
        yield _stays(shift.account, shift.stays)


def _stays(account: Account, why: str) -> PlannedRow:
    return PlannedRow(subject=account.address, account_id=account.pk, skipped=why)
