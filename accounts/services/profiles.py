"""Profiles: what new mailboxes get. Mailboxes that exist change only where somebody asks for it, as a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Move
from accounts.domain.people import Actor
from accounts.models import Batch, BatchRow, Profile
from accounts.queries.gifts import gifts, given, shown
from accounts.services import batches
from accounts.services.batches import Outcome, PlannedRow
from accounts.services.changing import account_for_change, changed
from accounts.services.placing import given as facts_given
from accounts.services.profile_checks import Details, fill

KIND = "profile"


@dataclass(frozen=True, slots=True)
class Edited:
    """A changed profile, and the job that takes mailboxes along where somebody asked for it."""

    profile: Profile
    job: Batch | None = None


@transaction.atomic
def create_profile(*, by: Actor, now: datetime, **details: Unpack[Details]) -> Profile:
    """Make a profile, which needs a name; what is not said is as in a standard one.

    :raises SeveralRulesBroken: naming every field that is wrong
    """
    profile = Profile()
    nothing: Details = {"name": ""}
    fill(profile, {**nothing, **details})
    profile.updated_at = now
    profile.save(force_insert=True)
    audit.record(audit.Action.PROFILE_CREATED, by=by, at=now, subject=profile.name, after=facts(profile))
    return profile


@transaction.atomic
def edit_profile(
    profile_id: int,
    *,
    also_existing: bool,
    by: Actor,
    now: datetime,
    expected_version: int | None = None,
    **details: Unpack[Details],
) -> Edited:
    """Change what new mailboxes get; `also_existing` takes those along that have it as the profile gave it.

    :raises RuleBroken: `edited_by_another` if somebody changed it after `expected_version`
    :raises SeveralRulesBroken: naming every field that is wrong
    """
    profile = _profile_for_change(profile_id, expected_version)
    before, gave = facts(profile), given(profile)
    fill(profile, details)
    after = facts(profile)
    differs = [name for name in after if after[name] != before[name]]
    if not differs:
        return Edited(profile)
    profile.version += 1
    profile.updated_at = now
    profile.save()
    audit.record(
        audit.Action.PROFILE_EDITED,
        by=by,
        at=now,
        subject=profile.name,
        before={name: before[name] for name in (*differs, "profile_id")},
        after={name: after[name] for name in (*differs, "profile_id")},
    )
    return Edited(profile, _take_along(profile, gave, by=by, now=now) if also_existing else None)


def carry_out(row: BatchRow, by: Actor, now: datetime) -> Outcome:
    """Let one account take over what its profile gives now, unless somebody gave it something else since."""
    if row.account_id is None:
        raise RuleBroken("no_such_account")
    account = account_for_change(row.account_id, by=by)
    account.life.require(Move.EDIT, now)
    if account.profile_id != row.batch.params["profile"]:
        return Outcome(skipped=_("It has another profile by now."))
    wanted, had = row.plan["given"], row.plan["had"]
    if any(getattr(account, name) not in (had[name], wanted[name]) for name in wanted):
        return Outcome(skipped=_("Somebody gave it values of its own meanwhile."))
    before = facts_given(account)
    account.take(wanted)
    # Grace and retention decide when it closes and may be purged.
    account.live(account.life, now)
    changed(account, audit.Action.ACCOUNT_EDITED, by=by, now=now, before=before, after=facts_given(account))
    return Outcome()


def facts(profile: Profile) -> dict[str, Any]:
    """What the log keeps of a profile; its number ties its history together when it is renamed."""
    return {
        "profile_id": profile.pk,
        "name": profile.name,
        "domain": profile.domain.name if profile.domain else "",
        "address_pattern": profile.address_pattern,
        "aliases": profile.aliases,
        "term_days": profile.term_days,
        **shown(given(profile)),
    }


def _profile_for_change(profile_id: int, expected_version: int | None) -> Profile:
    profile = Profile.objects.select_for_update(of=("self",)).select_related("domain").filter(pk=profile_id).first()
    if profile is None:
        raise RuleBroken("no_such_profile")
    if expected_version is not None and expected_version != profile.version:
        raise RuleBroken("edited_by_another", version=profile.version)
    return profile


def _take_along(profile: Profile, gave: Mapping[str, Any], *, by: Actor, now: datetime) -> Batch | None:
    """Start the job that brings the accounts in line; None where none has to change."""
    counted = _Counted()
    rows = _rows(profile, gave, counted, now)
    job = batches.plan_batch(KIND, rows, title="", by=by, now=now, params={"profile": profile.pk})
    if not counted.taking:
        job.delete()
        return None
    said = ngettext(
        "Take %(n)s mailbox along with “%(name)s”", "Take %(n)s mailboxes along with “%(name)s”", counted.taking
    )
    job.title = said % {"n": counted.taking, "name": profile.name}
    job.save(update_fields=["title"])
    return batches.start(job.pk, by=by, now=now)


@dataclass(slots=True)
class _Counted:
    taking: int = 0


def _rows(profile: Profile, gave: Mapping[str, Any], counted: _Counted, now: datetime) -> Iterator[PlannedRow]:
    for gift in gifts(profile, gave, given(profile), now):
        counted.taking += bool(gift.after)
        plan = {
            "before": shown({name: gift.before[name] for name in gift.after}),
            "after": shown(gift.after),
            "had": {name: gift.before[name] for name in gift.after},
            "given": gift.after,
        }
        why = "" if gift.after else _("It has values of its own.")
        yield PlannedRow(subject=gift.account.address, account_id=gift.account.pk, plan=plan, skipped=why)
