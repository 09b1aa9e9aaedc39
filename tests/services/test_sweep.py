"""The clock moves accounts; ends are never held back, many deletions at once wait for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from accounts.audit import Action
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Pulse
from accounts.services.lifecycle import Moved, hold_account, sweep
from tests.factories import make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)

Make = Callable[..., list[Account]]


@pytest.fixture
def make(now: datetime) -> Make:
    def accounts(count: int, **given: object) -> list[Account]:
        return [make_account(f"shopper{n}@metrosure.app", now=now, **given) for n in range(count)]

    return accounts


def test_it_ends_at_the_end_and_not_before(make: Make) -> None:
    (account,) = make(1)
    assert sweep(now=account.ends_at - timedelta(microseconds=1)).changed == []

    swept = sweep(now=account.ends_at)

    assert swept.changed == [Moved(account.address, State.ACTIVE, State.ENDED)]
    account.refresh_from_db()
    assert account.state == State.ENDED
    assert account.operations.latest("created_at").cause == Action.STATE_CHANGED


def test_it_starts_what_was_scheduled(make: Make, now: datetime) -> None:
    (account,) = make(1, starts_at=now + 3 * DAY)

    assert sweep(now=now + 3 * DAY).changed == [Moved(account.address, State.SCHEDULED, State.ACTIVE)]


def test_after_a_long_sleep_every_account_is_where_it_belongs(make: Make) -> None:
    (account,) = make(1)

    swept = sweep(now=account.closes_at + DAY)

    assert swept.changed == [Moved(account.address, State.ACTIVE, State.CLOSED)]


def test_running_twice_changes_nothing(make: Make) -> None:
    (account,) = make(1)
    sweep(now=account.ends_at)
    events = AuditEvent.objects.count()

    assert sweep(now=account.ends_at).changed == []
    assert AuditEvent.objects.count() == events


def test_a_dry_run_builds_the_same_plan_and_touches_nothing(make: Make) -> None:
    (account,) = make(1)

    planned = sweep(now=account.ends_at, dry_run=True)

    account.refresh_from_db()
    assert account.state == State.ACTIVE
    assert planned == sweep(now=account.ends_at)


def test_purges_come_when_the_retention_is_over(make: Make) -> None:
    (account,) = make(1)
    sweep(now=account.closes_at)

    assert sweep(now=account.purges_at).changed == [Moved(account.address, State.CLOSED, State.PURGED)]


def test_a_hold_is_respected(make: Make, hr: Actor, now: datetime) -> None:
    (account,) = make(1)
    hold_account(account.pk, reason="Dispute", by=hr, now=now)

    sweep(now=account.purges_at)

    account.refresh_from_db()
    assert account.state == State.CLOSED


def test_many_purges_at_once_wait_for_a_person(make: Make, settings: Settings) -> None:
    settings.SWEEP_PURGE_LIMIT = 2
    accounts = make(3)
    over = accounts[0].purges_at

    swept = sweep(now=over)

    assert swept.stopped == 3
    assert {move.after for move in swept.changed} == {State.CLOSED}
    assert Pulse.objects.get(name="sweep").facts == {"purges_stopped": 3}
    sweep(now=over)
    assert AuditEvent.objects.filter(action=Action.PURGES_STOPPED).count() == 1


def test_a_person_lets_them_go_by_typing_their_number(make: Make, settings: Settings) -> None:
    settings.SWEEP_PURGE_LIMIT = 2
    over = make(3)[0].purges_at
    assert sweep(now=over, confirmed_purges=5).stopped == 3

    swept = sweep(now=over, confirmed_purges=3)

    assert swept.stopped is None
    assert [move.after for move in swept.changed] == [State.PURGED] * 3


def test_a_brake_never_holds_back_an_end(make: Make, settings: Settings) -> None:
    settings.SWEEP_PURGE_LIMIT = 0
    accounts = make(5)

    assert len(sweep(now=accounts[0].ends_at).changed) == 5
