"""Locks undone behind the panel's back are found, put right and logged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import outbox
from accounts.audit import Action
from accounts.domain.people import Actor
from accounts.models import AuditEvent, MailDomain, Status
from accounts.services.accounts import edit_account
from accounts.services.lifecycle import end_account, suspend_account
from stalwart_client import Create, Denial, Destroy, StalwartClient, StalwartError, Update, Wanted
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]


@pytest.fixture
def ended(domain: MailDomain, clock: Clock, run: Run, hr: Actor) -> str:
    account = make_account(now=clock())
    run()
    end_account(account.pk, by=hr, now=clock())
    run()
    clock.pass_(seconds=900)
    return account.address


def _open(client: StalwartClient, address: str) -> None:
    client.apply([Update(address=address, allow=frozenset({Denial.SIGN_IN}))])


def test_an_undone_lock_is_put_right_and_logged(
    client_of_server: StalwartClient, ended: str, clock: Clock, run: Run
) -> None:
    _open(client_of_server, ended)

    assert outbox.check_locks(clock()) == [ended]
    run()

    assert client_of_server.mailbox(ended).locked
    assert AuditEvent.objects.filter(action=Action.LOCK_UNDONE).count() == 1


def test_a_lock_that_holds_is_no_news(ended: str, clock: Clock) -> None:
    assert outbox.check_locks(clock()) == []
    assert not AuditEvent.objects.filter(action=Action.LOCK_UNDONE).exists()


def test_a_lock_that_is_on_its_way_is_not_reported(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    run()
    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())

    assert outbox.check_locks(clock()) == []


def test_a_mailbox_that_is_gone_lets_nobody_in(client_of_server: StalwartClient, ended: str, clock: Clock) -> None:
    client_of_server.apply([Destroy(address=ended)])

    assert outbox.check_locks(clock()) == []


def test_a_server_that_is_away_is_said(server: Simulator, ended: str, clock: Clock) -> None:
    server.go_down()

    with pytest.raises(StalwartError):
        outbox.check_locks(clock())


def test_nothing_that_the_server_refuses_holds_back_a_lock(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Create(wanted=Wanted(address="desk@metrosure.app"))])
    account = make_account(now=clock())
    run()
    edit_account(account.pk, by=hr, now=clock(), aliases=["desk@metrosure.app"])
    run()
    assert account.operations.filter(status=Status.FAILED).exists()

    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())
    run()

    assert client_of_server.mailbox(account.address).locked
    account.refresh_from_db()
    assert account.mailbox_locked
    changed, refused = AuditEvent.objects.select_related("detail").order_by("-id")[:2][::-1]
    assert (changed.action, refused.action) == (Action.MAILBOX_CHANGED, Action.MAILBOX_REFUSED)
    assert (changed.detail.after or {})["locked"] is True
