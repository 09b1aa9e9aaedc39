"""What a profile gives reaches the mailbox: what its holder may not do, and the groups it is in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import mailserver, outbox
from accounts.domain.people import Actor
from accounts.models import Account, MailDomain, Operation, PendingSecret, Profile, Status
from accounts.services.accounts import set_password
from stalwart_client import Denial, StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account
from tests.holders import Door, door

Run = Callable[[], int]
SHOPPERS, FIELD = "shoppers@metrosure.app", "field@metrosure.app"


@pytest.fixture
def groups(domain: MailDomain, client_of_server: StalwartClient) -> StalwartClient:
    for address in (SHOPPERS, FIELD):
        client_of_server.groups.create(address)
    return client_of_server


def _changed(account: Account, clock: Clock, run: Run, **values: object) -> None:
    Account.objects.filter(pk=account.pk).update(**values)
    account.refresh_from_db()
    outbox.record(cause="account_edited", now=clock(), subject=account)
    run()
    account.refresh_from_db()


@pytest.mark.parametrize(
    "denials",
    [pytest.param([], id="nothing"), pytest.param(["receive"], id="mail"), pytest.param(["credentials"], id="doors")],
)
def test_what_the_holder_may_not_do_is_denied(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, denials: list[str]
) -> None:
    Profile.objects.create(name="Narrow", denials=denials, server_deadline=False)
    account = make_account(now=clock(), profile="Narrow")

    run()

    assert sorted(mailserver.client().mailbox(account.address).denials) == denials


def test_a_change_of_the_profile_itself_moves_nobody(domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    run()
    before = mailserver.client().mailbox(account.address)

    Profile.objects.update(denials=["receive"], groups=[SHOPPERS], server_deadline=False)
    outbox.record(cause="check_asked", now=clock(), subject=account)
    run()

    assert mailserver.client().mailbox(account.address) == before


def test_a_new_mailbox_joins_its_groups(groups: StalwartClient, clock: Clock, run: Run) -> None:
    Profile.objects.create(name="Shopper", groups=[SHOPPERS, FIELD])
    account = make_account(now=clock(), profile="Shopper")

    assert run() == 1

    assert groups.mailbox(account.address).groups == (FIELD, SHOPPERS)
    assert account.operations.get().status == Status.DONE


def test_it_leaves_what_it_was_given_and_nothing_else(groups: StalwartClient, clock: Clock, run: Run) -> None:
    Profile.objects.create(name="Shopper", groups=[SHOPPERS])
    account = make_account(now=clock(), profile="Shopper")
    run()
    groups.groups.change(FIELD, add=[account.address])

    _changed(account, clock, run, groups=[], groups_to_leave=[SHOPPERS])
    left = groups.mailbox(account.address).groups
    groups.groups.change(SHOPPERS, add=[account.address])
    _changed(account, clock, run, name="Thandi K. Nkosi")

    assert left == (FIELD,)
    assert account.groups_to_leave == []
    # From then on the panel has no say in it: an administrator put it there.
    assert groups.mailbox(account.address).groups == (FIELD, SHOPPERS)


def test_a_group_that_is_missing_holds_nothing_else_back(
    server: Simulator, groups: StalwartClient, clock: Clock, run: Run, hr: Actor
) -> None:
    Profile.objects.create(name="Shopper", groups=["nobody@metrosure.app"])
    account = make_account(now=clock(), profile="Shopper")
    password = set_password(account.pk, by=hr, now=clock())

    run()

    assert account.operations.get(status=Status.FAILED).error_code == "no_such_group"
    assert door(server, account.address, password) is Door.OPEN
    assert not PendingSecret.objects.exists()
    account.refresh_from_db()
    assert account.mailbox_exists


def test_it_joins_once_the_group_is_there(groups: StalwartClient, clock: Clock, run: Run) -> None:
    Profile.objects.create(name="Shopper", groups=["late@metrosure.app"])
    account = make_account(now=clock(), profile="Shopper")
    run()

    groups.groups.create("late@metrosure.app")
    _changed(account, clock, run)

    assert groups.mailbox(account.address).groups == ("late@metrosure.app",)
    assert Operation.objects.filter(status=Status.DONE).count() == 1


def test_the_lock_comes_before_any_group(groups: StalwartClient, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    run()

    _changed(account, clock, run, groups=["nobody@metrosure.app"], state="suspended")

    assert Denial.SIGN_IN in groups.mailbox(account.address).denials
    assert account.mailbox_locked is True
