"""One change for many accounts: the plan says who will change how and who will not; then it is so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.domain.bulk import MOST_AT_ONCE, Change, Intent
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Batch, Campaign, MailDomain, Profile
from accounts.queries import bulk as queries
from accounts.services import batch_work, batches, lifecycle
from accounts.services.bulk import plan_bulk
from tests.conftest import NOW, Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=60)
WHY = "The shop has closed."


@pytest.fixture
def people(clock: Clock, hr: Actor) -> dict[str, Account]:
    """One account in each state; Clara's was closed long ago and may be purged."""
    opened = clock()
    made = {
        name: make_account(f"{name}@metrosure.app", now=opened, name=name.title(), **given)
        for name, given in {
            "ana": {},
            "sam": {},
            "eve": {"ends_at": opened + timedelta(days=100)},
            "clara": {"ends_at": opened + timedelta(days=1)},
            "stan": {"starts_at": opened + timedelta(days=150), "ends_at": opened + timedelta(days=190)},
        }.items()
    }
    lifecycle.suspend_account(made["sam"].pk, reason="Phone lost", by=hr, now=opened)
    lifecycle.sweep(now=clock.pass_(days=104))
    now = clock.pass_(days=2)
    for name in ("ana", "sam"):
        lifecycle.extend_account(made[name].pk, ends_at=now + timedelta(days=20), by=hr, now=now)
    for account in made.values():
        account.refresh_from_db()
    states = {name: account.state for name, account in made.items()}
    assert states == {"ana": "active", "sam": "suspended", "eve": "ended", "clara": "closed", "stan": "scheduled"}
    return made


def plan(people: dict[str, Account], by: Actor, now: datetime, change: Change, **intent: Any) -> Batch:
    return plan_bulk([account.pk for account in people.values()], Intent(change=change, **intent), by=by, now=now)


def carry_out(batch: Batch, by: Actor, clock: Clock) -> None:
    batches.start(batch.pk, by=by, now=clock(), typed=batch.number_to_type)
    while batch_work.work(clock):
        pass


def told(batch: Batch) -> dict[str, str]:
    """Return who stays as they are, and why."""
    return dict(batch.rows.filter(status="skipped").order_by("position").values_list("account__name", "error"))


def states(people: dict[str, Account]) -> dict[str, str]:
    return {name: Account.objects.get(pk=account.pk).state for name, account in people.items()}


EXTENDED = {"ana": "active", "sam": "suspended", "eve": "active", "clara": "active", "stan": "scheduled"}


def test_a_plan_changes_nothing(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    before, events = states(people), AuditEvent.objects.count()

    plan(people, hr, clock(), Change.END, reason=WHY)
    while batch_work.work(clock):
        pass

    assert states(people) == before
    assert AuditEvent.objects.count() == events


def test_extending_to_a_day_opens_who_had_ended(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    ends_at = clock() + timedelta(days=80)
    batch = plan(people, hr, clock(), Change.EXTEND, ends_at=ends_at)
    carry_out(batch, hr, clock)

    assert (batch.title, batch.params["opens"], batch.params["earlier"]) == ("Extend 5 mailboxes", 2, 1)
    assert queries.effect(batch) == ("5 get another last day. 2 of them open again. For 1 the day is earlier than now.")
    assert states(people) == EXTENDED
    assert {account.ends_at for account in Account.objects.all()} == {ends_at}


def test_extending_by_days_counts_from_each_ones_own_end(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    clock_at_plan = clock()
    batch = plan(people, hr, clock_at_plan, Change.EXTEND, days=7)
    clock.pass_(seconds=300)
    carry_out(batch, hr, clock)

    ends = {account.name: account.ends_at for account in Account.objects.all()}
    assert ends == {
        "Ana": clock_at_plan + timedelta(days=27),
        "Sam": clock_at_plan + timedelta(days=27),
        "Eve": clock_at_plan + timedelta(days=7),
        "Clara": clock_at_plan + timedelta(days=7),
        "Stan": people["stan"].ends_at + timedelta(days=7),
    }


@pytest.mark.parametrize(
    ("change", "intent", "stay", "after"),
    [
        pytest.param(
            Change.END,
            {"reason": WHY},
            {"Eve": "It has ended already.", "Clara": "It has ended already."},
            {"ana": "ended", "sam": "ended", "eve": "ended", "clara": "closed", "stan": "ended"},
            id="end",
        ),
        pytest.param(
            Change.SUSPEND,
            {"reason": WHY},
            {
                "Sam": "It is suspended already.",
                "Eve": "It has ended; nobody can sign in.",
                "Clara": "It is closed; nobody can sign in.",
                "Stan": "It has not started yet. End it, or move its start.",
            },
            {"ana": "suspended", "sam": "suspended", "eve": "ended", "clara": "closed", "stan": "scheduled"},
            id="suspend",
        ),
        pytest.param(
            Change.REINSTATE,
            {"ends_at": LATER + timedelta(days=106)},
            {
                "Ana": "It is active; there is nothing to lift.",
                "Stan": "It has not started yet; there is nothing to lift.",
            },
            {"ana": "active", "sam": "active", "eve": "active", "clara": "active", "stan": "scheduled"},
            id="reinstate",
        ),
        pytest.param(
            Change.PURGE,
            {"reason": WHY},
            {
                name: f"It can be purged from {day} on, once it is closed and its retention is over."
                for name, day in {
                    "Ana": "Monday 12 July 2027",
                    "Sam": "Monday 12 July 2027",
                    "Eve": "Wednesday 16 June 2027",
                    "Stan": "Tuesday 14 September 2027",
                }.items()
            },
            {"ana": "active", "sam": "suspended", "eve": "ended", "clara": "purged", "stan": "scheduled"},
            id="purge",
        ),
    ],
)
def test_who_cannot_be_changed_stays_and_the_plan_says_why(
    people: dict[str, Account],
    hr: Actor,
    clock: Clock,
    change: Change,
    intent: dict[str, Any],
    stay: dict[str, str],
    after: dict[str, str],
) -> None:
    batch = plan(people, hr, clock(), change, **intent)
    carry_out(batch, hr, clock)

    assert told(batch) == stay
    assert states(people) == after


def test_each_change_is_logged_with_the_reason(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    carry_out(plan(people, hr, clock(), Change.END, reason=WHY), hr, clock)

    events = AuditEvent.objects.filter(action="account_ended").select_related("detail")
    assert {(event.detail.actor, event.detail.reason) for event in events} == {("lerato", WHY)}
    assert events.count() == 3


def test_moving_makes_a_new_campaign_and_keeps_the_dates(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    ends = {account.pk: account.ends_at for account in Account.objects.all()}
    batch = plan(people, hr, clock(), Change.MOVE, campaign=" Spring audit ")
    assert not Campaign.objects.exists()
    carry_out(batch, hr, clock)

    assert queries.effect(batch) == "5 move to Spring audit. The dates stay."
    assert Account.objects.filter(campaign__name="Spring audit").count() == 5
    assert {account.pk: account.ends_at for account in Account.objects.all()} == ends


def test_moving_out_of_a_campaign(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    carry_out(plan({"ana": people["ana"]}, hr, clock(), Change.MOVE, campaign="Spring audit"), hr, clock)
    batch = plan(people, hr, clock(), Change.MOVE, campaign="")
    carry_out(batch, hr, clock)

    assert (batch.title, queries.effect(batch)) == ("Move 1 mailbox", "1 moves to no campaign. The dates stay.")
    assert not Account.objects.filter(campaign__isnull=False).exists()


def test_another_profile_brings_its_numbers(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    Profile.objects.create(name="Shoppers", quota=5 * 1024**3, grace_days=0, retention_days=7)
    carry_out(plan(people, hr, clock(), Change.PROFILE, profile="shoppers"), hr, clock)

    kinds = set(Account.objects.values_list("profile__name", "quota", "grace_days", "retention_days"))
    assert kinds == {("Shoppers", 5 * 1024**3, 0, 7)}
    # Without grace, who has ended is closed at once.
    assert states(people)["eve"] == "closed"
    event = AuditEvent.objects.filter(action="account_edited", account_id=people["ana"].pk).get()
    assert event.detail.after is not None
    assert event.detail.after["profile"] == "Shoppers"


def test_another_space(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    batch = plan(people, hr, clock(), Change.QUOTA, quota=2 * 1024**3)
    carry_out(batch, hr, clock)

    assert queries.effect(batch) == "5 get 2 GB of space."
    assert set(Account.objects.values_list("quota", flat=True)) == {2 * 1024**3}


def test_who_is_as_intended_stays(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    batch = plan(people, hr, clock(), Change.QUOTA, quota=1024**3)

    assert set(told(batch).values()) == {"It is so already."}
    assert batch.params["changes"] == 0


@pytest.mark.parametrize(
    ("intent", "code", "field"),
    [
        pytest.param(Intent(change=Change.END), "reason_required", "reason", id="end without a reason"),
        pytest.param(Intent(change=Change.SUSPEND, reason="  "), "reason_required", "reason", id="a blank reason"),
        pytest.param(Intent(change=Change.PURGE), "reason_required", "reason", id="purge without a reason"),
        pytest.param(Intent(change=Change.EXTEND), "required", "ends_at", id="extend to nowhere"),
        pytest.param(Intent(change=Change.PROFILE), "required", "profile", id="no profile"),
        pytest.param(Intent(change=Change.PROFILE, profile="Nope"), "profile_unknown", "profile", id="unknown profile"),
        pytest.param(Intent(change=Change.QUOTA), "required", "quota", id="no space"),
        pytest.param(Intent(change=Change.QUOTA, quota=-1), "quota_out_of_range", "quota", id="less than none"),
        pytest.param(Intent(change=Change.EXTEND, days=0), "days_out_of_range", "days", id="no days"),
        pytest.param(
            Intent(change=Change.EXTEND, ends_at=NOW - timedelta(days=1)),
            "end_in_the_past",
            "ends_at",
            id="a day gone by",
        ),
        pytest.param(Intent(change=Change.MOVE, campaign="x" * 121), "too_long", "campaign", id="too long a name"),
    ],
)
def test_an_intent_that_nobody_can_have_is_refused_whole(
    hr: Actor, now: datetime, intent: Intent, code: str, field: str
) -> None:
    account = make_account(now=now)

    with pytest.raises(RuleBroken) as refused:
        plan_bulk([account.pk], intent, by=hr, now=now)

    assert (refused.value.code, refused.value.field) == (code, field)
    assert not Batch.objects.exists()


def test_nothing_and_too_much_are_refused(hr: Actor, now: datetime) -> None:
    intent = Intent(change=Change.QUOTA, quota=0)

    with pytest.raises(RuleBroken, match="nothing_ticked"):
        plan_bulk([], intent, by=hr, now=now)
    with pytest.raises(RuleBroken, match="too_many_at_once"):
        plan_bulk(range(MOST_AT_ONCE + 1), intent, by=hr, now=now)


def test_who_was_changed_since_the_plan_fails_and_can_be_tried_again(
    people: dict[str, Account], hr: Actor, clock: Clock
) -> None:
    batch = plan(people, hr, clock(), Change.EXTEND, days=7)
    meanwhile = clock() + timedelta(days=50)
    lifecycle.extend_account(people["ana"].pk, ends_at=meanwhile, by=hr, now=clock())
    carry_out(batch, hr, clock)

    failed = batch.rows.get(status="failed")
    first = Account.objects.get(name="Ana").ends_at
    batches.retry_failed(batch.pk, by=hr, now=clock())
    while batch_work.work(clock):
        pass

    assert (failed.account_id, failed.error) == (
        people["ana"].pk,
        "Somebody changed this account after you looked. Trying it again goes by what is so then.",
    )
    assert first == meanwhile
    assert Account.objects.get(name="Ana").ends_at == meanwhile + timedelta(days=7)


def test_who_was_ended_since_the_plan_is_no_failure(people: dict[str, Account], hr: Actor, clock: Clock) -> None:
    batch = plan(people, hr, clock(), Change.END, reason=WHY)
    lifecycle.end_account(people["ana"].pk, by=hr, now=clock())
    carry_out(batch, hr, clock)

    assert not batch.rows.filter(status="failed").exists()
    assert batch.rows.get(account=people["ana"]).error == "It has ended already."


def test_the_brake_counts_agreed_time_and_every_purge(hr: Actor, now: datetime) -> None:
    few = [make_account(f"few{number}@metrosure.app", now=now).pk for number in range(3)]
    many = few + [make_account(f"many{number}@metrosure.app", now=now).pk for number in range(8)]
    end = Intent(change=Change.END, reason=WHY)

    numbers = [
        plan_bulk(few, end, by=hr, now=now).number_to_type,
        plan_bulk(few, end, by=hr, now=now, scope=11).number_to_type,
        plan_bulk(many, end, by=hr, now=now).number_to_type,
        plan_bulk(many, Intent(change=Change.EXTEND, days=7), by=hr, now=now, scope=11).number_to_type,
    ]

    assert numbers == [None, 3, 11, None]


def test_a_purge_names_its_size_and_always_wants_its_number(
    people: dict[str, Account], hr: Actor, clock: Clock
) -> None:
    Account.objects.update(mailbox_used=3 * 1024**3)
    batch = plan(people, hr, clock(), Change.PURGE, reason=WHY)

    assert batch.number_to_type == 1
    assert queries.effect(batch) == (
        "Deletes 1 mailbox and 3 GB of mail, for ever. The record stays, and the address stays reserved."
    )


def test_the_server_follows(domain: MailDomain, hr: Actor, clock: Clock, run: Callable[[], int]) -> None:
    people = {name: make_account(f"{name}@metrosure.app", now=clock()) for name in ("ana", "ben")}
    run()
    carry_out(plan(people, hr, clock(), Change.SUSPEND, reason=WHY), hr, clock)
    run()

    assert set(Account.objects.values_list("state", "mailbox_locked")) == {("suspended", True)}
