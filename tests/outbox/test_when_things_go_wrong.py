"""The server away, a lost answer, somebody else's mailbox, wrong credentials: each ends right or is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_django.fixtures import Settings

from accounts import mailserver, outbox
from accounts.audit import Action
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, MailDomain, Operation, PendingSecret, Pulse, Status
from accounts.outbox import mailboxes
from accounts.outbox.wanted import whole
from accounts.services.accounts import edit_account, set_password
from accounts.services.lifecycle import end_account, extend_account
from accounts.services.operations import retry_operation
from stalwart_client import Create, StalwartClient, Wanted
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account
from tests.holders import Door, door

Run = Callable[[], int]


def test_a_server_that_is_down_is_waited_for(server: Simulator, domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    server.go_down()

    run()

    operation = account.operations.get()
    assert (operation.status, operation.attempts, operation.error_code) == (Status.PENDING, 1, "unreachable")
    assert clock() < operation.due_at <= clock() + timedelta(seconds=3)
    assert Pulse.objects.get(name="server").failing_since == clock()


def test_what_waited_is_done_when_the_server_is_back(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run
) -> None:
    account = make_account(now=clock())
    server.go_down()
    for _ in range(20):
        run()
        clock.pass_(days=0.01)
    server.come_up()

    run()

    account.refresh_from_db()
    assert account.mailbox_exists
    assert Pulse.objects.get(name="server").is_well


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_passing_troubles_are_tried_again(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, status: int
) -> None:
    account = make_account(now=clock())
    server.fail_next(status=status, times=50)
    run()
    assert account.operations.get().status in {Status.PENDING, Status.DONE}
    server.faults.clear()

    clock.pass_(seconds=600)
    run()

    assert account.operations.get().status == Status.DONE


@pytest.mark.parametrize("lost", range(8))
def test_whichever_answer_is_lost_it_ends_with_one_mailbox(
    server: Simulator,
    client_of_server: StalwartClient,
    domain: MailDomain,
    clock: Clock,
    run: Run,
    hr: Actor,
    lost: int,
) -> None:
    mailserver.capabilities()
    account = make_account(now=clock())
    password = set_password(account.pk, by=hr, now=clock())
    server.fail_next(drop="after", skip=lost)

    run()
    server.faults.clear()
    clock.pass_(seconds=600)
    run()

    assert not account.operations.exclude(status__in=[Status.DONE, Status.SUPERSEDED]).exists()
    assert [mailbox.address for mailbox in client_of_server.walk()] == [account.address]
    assert door(server, account.address, password) is Door.OPEN


def test_a_mailbox_that_somebody_else_made_is_left_alone(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run
) -> None:
    client_of_server.apply([Create(wanted=Wanted(address="info@metrosure.app", name="Reception"))])
    account = make_account("info@metrosure.app", now=clock())

    run()

    operation = account.operations.get()
    assert (operation.status, operation.error_code) == (Status.FAILED, "already_exists")
    assert client_of_server.mailbox("info@metrosure.app").name == "Reception"
    account.refresh_from_db()
    assert account.mailbox_asked_at is None
    assert AuditEvent.objects.filter(action=Action.MAILBOX_REFUSED, account_id=account.pk).exists()


def test_purging_never_deletes_what_somebody_else_made(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Create(wanted=Wanted(address="info@metrosure.app", name="Reception"))])
    account = make_account("info@metrosure.app", now=clock())
    run()
    end_account(account.pk, by=hr, now=clock())
    account.refresh_from_db()
    account.live(account.life.given_up(account.purges_at), account.purges_at)
    account.save()
    Operation.objects.all().delete()
    retried = make_account("other@metrosure.app", now=clock())
    run()

    assert account.state == State.PURGED
    assert client_of_server.mailbox("info@metrosure.app").name == "Reception"
    assert retried.operations.get().status == Status.DONE


def test_a_failed_change_can_be_tried_again_by_hand(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock(), aliases=["desk@metrosure.app"])
    client_of_server.apply([Create(wanted=Wanted(address="desk@metrosure.app"))])
    run()
    failed = account.operations.get()
    assert failed.status == Status.FAILED
    edit_account(account.pk, by=hr, now=clock(), aliases=["desk2@metrosure.app"])

    retry_operation(failed.pk, by=hr, now=clock())
    run()

    account.refresh_from_db()
    assert account.mailbox_exists
    assert not account.operations.filter(status=Status.FAILED).exists()


def test_one_failure_stops_no_other(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run
) -> None:
    client_of_server.apply([Create(wanted=Wanted(address="b@metrosure.app"))])
    accounts = [make_account(f"{letter}@metrosure.app", now=clock()) for letter in "abc"]

    run()

    assert [account.operations.get().status for account in accounts] == [Status.DONE, Status.FAILED, Status.DONE]


@pytest.fixture
def refused(server: Simulator, domain: MailDomain, clock: Clock, run: Run, settings: Settings) -> Operation:
    """An operation that the server refused because the panel's own password is wrong."""
    account = make_account(now=clock())
    settings.STALWART_USER, settings.STALWART_PASSWORD = "admin", "the old one"
    mailserver.use(server)
    run()
    return account.operations.get()


def test_wrong_credentials_are_not_tried_until_they_ban_us(refused: Operation, clock: Clock, run: Run) -> None:
    for _ in range(10):
        clock.pass_(seconds=60)
        assert run() == 0

    refused.refresh_from_db()
    assert (refused.status, refused.attempts, refused.error_code) == (Status.PENDING, 1, "wrong_credentials")


def test_new_credentials_are_tried_at_once(server: Simulator, refused: Operation, run: Run, settings: Settings) -> None:
    settings.STALWART_PASSWORD = "admin-secret"
    mailserver.use(server)

    run()

    refused.refresh_from_db()
    assert refused.status == Status.DONE


def test_an_answer_that_is_not_stalwarts_is_shown_in_the_end(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run
) -> None:
    account = make_account(now=clock())
    for _ in range(8):
        server.fail_next(body="<html>Welcome to our proxy</html>", content_type="text/html", times=50)
        run()
        clock.pass_(days=1)

    operation = account.operations.get()
    assert (operation.status, operation.error_code) == (Status.FAILED, "unexpected")
    assert "html" not in operation.error


def test_a_failed_try_keeps_the_secret_for_the_next(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    set_password(account.pk, by=hr, now=clock())
    server.go_down()

    run()

    assert PendingSecret.objects.filter(account=account).exists()


def test_an_account_waits_for_its_domain(
    server: Simulator, client_of_server: StalwartClient, clock: Clock, run: Run, db: None
) -> None:
    server.go_down()
    account = make_account("first@new.metrosure.app", now=clock())
    outbox.record(cause=Action.DOMAIN_CREATED, now=clock(), subject=account.domain)
    run()
    assert account.operations.get().attempts == 0
    server.come_up()

    clock.pass_(seconds=600)
    run()

    account.refresh_from_db()
    assert account.mailbox_exists


def test_a_password_that_no_key_opens_holds_back_no_lock_and_nobody_else(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor, settings: Settings
) -> None:
    account, other = make_account(now=clock()), make_account("lwazi@metrosure.app", now=clock())
    run()
    password = set_password(account.pk, by=hr, now=clock())
    end_account(account.pk, by=hr, now=clock())
    edit_account(other.pk, by=hr, now=clock(), name="Lwazi")
    earlier, settings.FIELD_KEYS = settings.FIELD_KEYS, [Fernet.generate_key().decode()]

    run()

    account.refresh_from_db()
    assert account.mailbox_locked
    assert account.operations.get(status=Status.FAILED).error_code == "secret_lost"
    assert other.operations.latest("created_at").status == Status.DONE
    settings.FIELD_KEYS = earlier
    extend_account(account.pk, ends_at=clock() + timedelta(days=1), by=hr, now=clock())
    run()
    assert door(server, account.address, password) is Door.OPEN


def test_what_we_stumble_over_holds_no_lock_of_others_back(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, ben = (make_account(address=f"{name}@metrosure.app", now=clock()) for name in ("ana", "ben"))
    run()
    for account in (ana, ben):
        end_account(account.pk, by=hr, now=clock(), reason="gone")

    def stumbling(account: Account, *rest: Any) -> Any:
        if account.pk == ana.pk:
            raise TypeError("never thought of hunter2")
        return whole(account, *rest)

    monkeypatch.setattr(mailboxes, "whole", stumbling)
    run()

    ben.refresh_from_db()
    stuck = ana.operations.get(status=Status.PENDING)
    assert ben.mailbox_locked
    assert stuck.error_code == "own_fault"
    assert "hunter2" not in stuck.error
    monkeypatch.undo()
    clock.pass_(seconds=60)
    run()
    ana.refresh_from_db()
    assert ana.mailbox_locked
