"""One change for many accounts: a plan that says who will change how and who will not, then a batch.

The plan keeps the version of each account that it was made from. Who was changed by a person in between fails with
that reason; trying it again goes by what is so then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.domain.bulk import ALREADY_SO, MOST_AT_ONCE, Change, Intent
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import Life, Move, State
from accounts.domain.people import Actor
from accounts.domain.plan import number_to_type
from accounts.models import Account, Batch, BatchRow
from accounts.queries import bulk as queries
from accounts.queries import words
from accounts.queries.sentences import explain
from accounts.services import accounts, lifecycle, placing
from accounts.services.batches import Outcome, PlannedRow, plan_batch
from accounts.services.changing import account_for_change

KIND = "bulk"
_PAGE = 1000
_SHUT = frozenset({State.ENDED, State.CLOSED})


@transaction.atomic
def plan_bulk(ids: Sequence[int], intent: Intent, *, by: Actor, now: datetime, scope: int | None = None) -> Batch:
    """Write down what an intent would do to each of these accounts; nothing happens yet.

    `scope` is how many accounts the choice was computed over; None where a person ticked each one.

    :raises RuleBroken: if the intent is not whole, or nothing or too much was chosen
    """
    _require_possible(intent, by, now)
    if not ids:
        raise RuleBroken("nothing_ticked")
    if len(ids) > MOST_AT_ONCE:
        raise RuleBroken("too_many_at_once", number=len(ids), most=MOST_AT_ONCE)
    tally = Tally()
    planned = _rows(ids, _Foresight.of(intent), tally, by, now)
    batch = plan_batch(KIND, planned, title="", by=by, now=now, params=intent.as_params())
    purges = tally.changes if intent.change is Change.PURGE else 0
    batch.number_to_type = purges or number_to_type(tally.ends, scope=scope, now=now)
    batch.title = queries.title(intent, tally.changes)
    batch.params |= {"changes": tally.changes, "opens": tally.opens, "earlier": tally.earlier, "used": tally.used}
    batch.save()
    return batch


def carry_out(row: BatchRow, by: Actor, now: datetime) -> Outcome:
    """Do for one account what the plan says, unless a person changed it since."""
    if row.account_id is None:
        raise RuleBroken("no_such_account")
    intent = Intent.read(row.batch.params)
    account = account_for_change(row.account_id, by=by)
    try:
        intent.life_after(account.life, now, words.zone())  # Who is as intended by now is no failure, whoever did it.
        if account.version != row.plan["version"] and not row.retried:
            raise RuleBroken("changed_since_plan")  # noqa: TRY301
        _ACTS[intent.change](account, intent, row, by, now)
    except RuleBroken as rule:
        if rule.code in ALREADY_SO:
            return Outcome(skipped=explain(rule))
        raise
    return Outcome()


def _require_possible(intent: Intent, by: Actor, now: datetime) -> None:
    """Refuse what could be granted to nobody, before anybody is looked at."""
    intent.require_whole(now)
    placing.require_campaign_name(intent.campaign)
    if intent.change is Change.MOVE:
        placing.require_campaign_in_reach(intent.campaign.strip(), by)
    if intent.change is Change.QUOTA:
        accounts.checked_quota(intent.quota or 0)


@dataclass(slots=True)
class Tally:
    """What a plan adds up to, for the sentence that names its effect."""

    changes: int = 0
    opens: int = 0
    earlier: int = 0
    used: int = 0
    ends: list[datetime] = field(default_factory=list)
    """The agreed ends of those whose term the plan would end."""

    def add(self, account: Account, before: dict[str, Any], after: dict[str, Any]) -> None:
        self.changes += 1
        self.used += account.mailbox_used or 0
        self.opens += after.get("state") == State.ACTIVE and before.get("state") != State.ACTIVE
        self.earlier += "ends_at" in after and after["ends_at"] < before["ends_at"]
        if after.get("state") in _SHUT and before.get("state") not in _SHUT:
            self.ends.append(before["ends_at"])


@dataclass(frozen=True, slots=True)
class _Foresight:
    """What an intent is about in an account, as it is and as it would be."""

    intent: Intent
    goal: dict[str, Any]
    """What it would be for everybody alike; empty where each life has its own way."""

    @classmethod
    def of(cls, intent: Intent) -> Self:
        match intent.change:
            case Change.MOVE:
                return cls(intent, {"campaign": intent.campaign.strip()})
            case Change.PROFILE:
                kind = placing.profile_named(intent.profile)
                return cls(intent, {"profile": kind.name, "quota": kind.quota})
            case Change.QUOTA:
                return cls(intent, {"quota": intent.quota})
        return cls(intent, {})

    def before(self, account: Account, now: datetime) -> dict[str, Any]:
        if not self.goal:
            return _of_life(account.life, now)
        facts = {
            "campaign": account.campaign.name if account.campaign else "",
            "profile": account.profile.name,
            "quota": account.quota,
        }
        return {name: facts[name] for name in self.goal}

    def after(self, account: Account, now: datetime) -> dict[str, Any]:
        """Return what it would be.

        :raises RuleBroken: if the rules do not allow it for this account now
        """
        if not self.goal:
            return _of_life(self.intent.life_after(account.life, now, words.zone()), now)
        account.life.require(Move.EDIT, now)
        return self.goal


def _rows(ids: Sequence[int], foresight: _Foresight, tally: Tally, by: Actor, now: datetime) -> Iterator[PlannedRow]:
    """Foresee every account within reach, in the order of the list that they were chosen from."""
    for start in range(0, len(ids), _PAGE):
        some = ids[start : start + _PAGE]
        found = Account.objects.within(by.reach).select_related("campaign", "profile").in_bulk(some)
        for account in (found[pk] for pk in some if pk in found):
            yield _row(account, foresight, tally, now)


def _row(account: Account, foresight: _Foresight, tally: Tally, now: datetime) -> PlannedRow:
    before = foresight.before(account, now)
    plan: dict[str, Any] = {"version": account.version, "before": before}
    try:
        after = foresight.after(account, now)
    except RuleBroken as rule:
        return PlannedRow(subject=account.address, account_id=account.pk, plan=plan, skipped=explain(rule))
    if after == before:
        return PlannedRow(subject=account.address, account_id=account.pk, plan=plan, skipped=_("It is so already."))
    tally.add(account, before, after)
    if "ends_at" in after:
        # To the microsecond, which a moment in JSON loses.
        plan["ends_at"] = after["ends_at"].isoformat()
    return PlannedRow(subject=account.address, account_id=account.pk, plan={**plan, "after": after})


def _of_life(life: Life, now: datetime) -> dict[str, Any]:
    return {"state": str(life.state_at(now)), "ends_at": life.ends_at}


_Act = Callable[[Account, Intent, BatchRow, Actor, datetime], object]


def _extend(account: Account, intent: Intent, row: BatchRow, by: Actor, now: datetime) -> None:
    # The day that stood in the plan; after a look at what went wrong, counted anew.
    planned = datetime.fromisoformat(row.plan["ends_at"])
    ends_at = intent.end_for(account.life, now, words.zone()) if row.retried else planned
    lifecycle.extend_account(account.pk, ends_at=ends_at, by=by, now=now, reason=intent.reason)


def _reinstate(account: Account, intent: Intent, _row: BatchRow, by: Actor, now: datetime) -> None:
    ends_at = intent.end_for_reopening(account.life, now, words.zone())
    lifecycle.reinstate_account(account.pk, ends_at=ends_at, by=by, now=now, reason=intent.reason)


_ACTS: dict[Change, _Act] = {
    Change.EXTEND: _extend,
    Change.REINSTATE: _reinstate,
    Change.END: lambda account, intent, _row, by, now: lifecycle.end_account(
        account.pk, by=by, now=now, reason=intent.reason
    ),
    Change.SUSPEND: lambda account, intent, _row, by, now: lifecycle.suspend_account(
        account.pk, by=by, now=now, reason=intent.reason
    ),
    Change.PURGE: lambda account, intent, _row, by, now: lifecycle.purge_account(
        account.pk, by=by, now=now, reason=intent.reason
    ),
    Change.MOVE: lambda account, intent, _row, by, now: placing.move_account(
        account.pk, campaign=intent.campaign, by=by, now=now, reason=intent.reason
    ),
    Change.PROFILE: lambda account, intent, _row, by, now: placing.change_profile(
        account.pk, profile=intent.profile, by=by, now=now, reason=intent.reason
    ),
    Change.QUOTA: lambda account, intent, _row, by, now: accounts.edit_account(
        account.pk, by=by, now=now, quota=intent.quota or 0
    ),
}
