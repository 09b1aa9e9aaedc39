"""Groups that a person took a mailbox out of, or put it into, are theirs: shown, and left until somebody decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pytest

from accounts import outbox
from accounts.domain.people import Actor
from accounts.models import Account, Drift, MailDomain, Operation, Profile, Status
from accounts.services import drift
from accounts.services.accounts import edit_account
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]
Drop = Literal["before", "after"]
SHOPPERS, FIELD = "shoppers@metrosure.app", "field@metrosure.app"


@pytest.fixture
def groups(domain: MailDomain, client_of_server: StalwartClient) -> StalwartClient:
    for address in (SHOPPERS, FIELD):
        client_of_server.groups.create(address)
    Profile.objects.create(name="Shopper", groups=[SHOPPERS])
    return client_of_server


@pytest.fixture
def account(groups: StalwartClient, clock: Clock, run: Run) -> Account:
    made = make_account(now=clock(), profile="Shopper")
    run()
    clock.pass_(seconds=900)
    return made


def _look(account: Account, clock: Clock, run: Run) -> None:
    outbox.record(subject=account, cause="check_asked", now=clock.pass_(seconds=60))
    run()


def test_a_group_that_somebody_took_it_out_of_is_not_joined_again(
    groups: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    groups.groups.change(SHOPPERS, remove=[account.address])
    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.")

    run()
    _look(account, clock, run)
    outbox.sync(clock.pass_(seconds=60))

    there = groups.mailbox(account.address)
    assert (there.name, there.groups) == ("Thandi N.", ())
    assert Drift.objects.get().fields == {"groups": {"here": [SHOPPERS], "there": []}}


def test_other_groups_are_nobodys_difference(groups: StalwartClient, account: Account, clock: Clock, run: Run) -> None:
    groups.groups.change(FIELD, add=[account.address])

    outbox.sync(clock())
    _look(account, clock, run)

    assert groups.mailbox(account.address).groups == (FIELD, SHOPPERS)
    assert not Drift.objects.exists()


def test_one_that_somebody_put_it_into_is_not_left(
    groups: StalwartClient, account: Account, clock: Clock, run: Run
) -> None:
    Account.objects.update(groups_to_leave=[FIELD])
    groups.groups.change(FIELD, add=[account.address])

    _look(account, clock, run)

    assert groups.mailbox(account.address).groups == (FIELD, SHOPPERS)
    account.refresh_from_db()
    assert account.groups_to_leave == [FIELD]


def test_putting_right_joins_it_again(
    groups: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    groups.groups.change(SHOPPERS, remove=[account.address])
    outbox.sync(clock())

    drift.put_right(Drift.objects.get().pk, by=hr, now=clock())
    run()

    assert groups.mailbox(account.address).groups == (SHOPPERS,)


def test_accepting_lets_the_account_be_in_it_no_more(
    groups: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    groups.groups.change(SHOPPERS, remove=[account.address])
    outbox.sync(clock())

    drift.accept(Drift.objects.get().pk, reason="She moved to the field team.", by=hr, now=clock())
    _look(account, clock, run)
    outbox.sync(clock.pass_(seconds=900))

    account.refresh_from_db()
    assert (account.groups, account.groups_to_leave) == ([], [])
    assert groups.mailbox(account.address).groups == ()
    assert not Drift.objects.open().exists()


@pytest.mark.parametrize("drop", ["before", "after"])
def test_our_own_joining_is_told_from_a_strangers_when_an_answer_is_lost(
    server: Simulator, groups: StalwartClient, account: Account, clock: Clock, run: Run, drop: Drop
) -> None:
    Account.objects.update(groups=[FIELD, SHOPPERS])
    server.fail_next(drop=drop, method="update")
    _look(account, clock, run)

    clock.pass_(seconds=900)
    run()

    assert Operation.objects.latest("created_at").status == Status.DONE
    assert groups.mailbox(account.address).groups == (FIELD, SHOPPERS)
    assert not Drift.objects.exists()


@pytest.mark.parametrize("drop", ["before", "after"])
def test_leaving_and_joining_again_after_a_lost_answer_is_ours_too(
    server: Simulator, groups: StalwartClient, account: Account, clock: Clock, run: Run, drop: Drop
) -> None:
    Account.objects.update(groups=[], groups_to_leave=[SHOPPERS])
    server.fail_next(drop=drop, method="update")
    _look(account, clock, run)
    Account.objects.update(groups=[SHOPPERS], groups_to_leave=[])

    _look(account, clock, run)

    assert groups.mailbox(account.address).groups == (SHOPPERS,)
    assert not Drift.objects.exists()
