"""The server is made to agree with our record, on both generations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from accounts import mailserver, outbox
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, MailDomain, Operation, PendingSecret, Profile, Status
from accounts.services.accounts import edit_account, set_password
from accounts.services.lifecycle import (
    end_account,
    extend_account,
    purge_account,
    reinstate_account,
    suspend_account,
    sweep,
)
from stalwart_client import Denial, Mailbox, StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account
from tests.holders import Door, door

Run = Callable[[], int]


def _mailbox(account: Account) -> Mailbox:
    return mailserver.client().mailbox(account.address)


def _fresh(account: Account) -> Account:
    account.refresh_from_db()
    return account


def test_a_new_account_becomes_a_mailbox(domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock(), quota=2 * 1024**3, aliases=["shopper7@metrosure.app"])

    assert run() == 1

    mailbox = _mailbox(account)
    assert (mailbox.name, mailbox.quota, mailbox.aliases) == ("Thandi Nkosi", 2 * 1024**3, ("shopper7@metrosure.app",))
    assert not mailbox.locked
    seen = _fresh(account)
    assert (seen.mailbox_exists, seen.mailbox_locked, seen.mailbox_seen_at) == (True, False, clock())
    assert account.operations.get().status == Status.DONE


def test_a_scheduled_account_is_made_locked_and_opens_at_its_start(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock(), starts_at=clock() + timedelta(days=3))
    password = set_password(account.pk, by=hr, now=clock())
    run()
    assert door(server, account.address, password) is Door.LOCKED

    clock.pass_(days=3)
    sweep(now=clock())
    run()

    assert door(server, account.address, password) is Door.OPEN


def test_a_profile_may_leave_a_mailbox_unmade_until_its_start(domain: MailDomain, clock: Clock, run: Run) -> None:
    Profile.objects.create(name="Late", mail_before_start=False)
    account = make_account(now=clock(), starts_at=clock() + timedelta(days=3), profile="Late")

    run()

    assert mailserver.client().mailboxes_at([account.address]) == {}
    assert _fresh(account).mailbox_exists is False


def test_the_whole_life(server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor) -> None:
    account = make_account(now=clock())
    password = set_password(account.pk, by=hr, now=clock())
    run()
    assert door(server, account.address, password) is Door.OPEN

    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())
    run()
    assert door(server, account.address, password) is Door.LOCKED

    reinstate_account(account.pk, by=hr, now=clock())
    run()
    assert door(server, account.address, password) is Door.OPEN

    clock.pass_(days=30)
    sweep(now=clock())
    run()
    assert door(server, account.address, password) is Door.LOCKED
    assert _fresh(account).mailbox_locked is True

    extend_account(account.pk, ends_at=clock() + timedelta(days=7), by=hr, now=clock())
    run()
    assert door(server, account.address, password) is Door.OPEN

    end_account(account.pk, by=hr, now=clock())
    clock.pass_(days=14)
    sweep(now=clock())
    run()
    assert Denial.RECEIVE in _mailbox(account).denials

    clock.pass_(days=90)
    purge_account(account.pk, reason="Retention over", by=hr, now=clock())
    run()
    assert mailserver.client().mailboxes_at([account.address]) == {}
    assert (_fresh(account).state, account.mailbox_exists) == (State.PURGED, False)


def test_running_twice_changes_nothing(domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    run()
    before = _mailbox(account)

    outbox.record(cause="check_asked", now=clock(), subject=account)
    run()

    assert _mailbox(account) == before


def test_denials_that_somebody_set_by_hand_are_kept(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    run()
    end_account(account.pk, by=hr, now=clock())
    run()

    extend_account(account.pk, ends_at=clock() + timedelta(days=7), by=hr, now=clock())
    run()

    assert not _mailbox(account).locked


def test_edits_reach_the_server(domain: MailDomain, clock: Clock, run: Run, hr: Actor) -> None:
    account = make_account(now=clock(), aliases=["one@metrosure.app"])
    run()

    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.", quota=0, aliases=["two@metrosure.app"])
    run()

    mailbox = _mailbox(account)
    assert (mailbox.name, mailbox.quota, mailbox.aliases) == ("Thandi N.", 0, ("two@metrosure.app",))


def test_a_newer_wish_makes_an_older_one_superfluous(domain: MailDomain, clock: Clock, run: Run, hr: Actor) -> None:
    account = make_account(now=clock())

    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.")

    assert run() == 1
    assert list(Operation.objects.order_by("created_at", "status").values_list("status", flat=True)) == [
        Status.DONE,
        Status.SUPERSEDED,
    ]


def test_a_password_is_erased_once_the_server_has_it(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    run()
    password = set_password(account.pk, by=hr, now=clock())
    assert PendingSecret.objects.get().hash.startswith("$argon2id$")

    run()

    assert not PendingSecret.objects.exists()
    assert door(server, account.address, password) is Door.OPEN


def test_a_new_password_ends_the_old_one(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    old = set_password(account.pk, by=hr, now=clock())
    run()

    new = set_password(account.pk, by=hr, now=clock())
    run()

    assert door(server, account.address, old) is Door.WRONG_PASSWORD
    assert door(server, account.address, new) is Door.OPEN


def test_only_a_newer_secret_replaces_one_that_waits(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    set_password(account.pk, by=hr, now=clock())
    newer = set_password(account.pk, by=hr, now=clock())

    run()

    assert door(server, account.address, newer) is Door.OPEN


def test_the_server_keeps_the_deadline_where_it_can(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    set_password(account.pk, by=hr, now=clock())
    run()
    extend_account(account.pk, ends_at=clock() + timedelta(days=60), by=hr, now=clock())

    run()

    if client_of_server.facts().capabilities.deadlines:
        mailbox = _mailbox(account)
        assert mailbox.deadline == _fresh(account).ends_at == account.mailbox_deadline
        assert {Denial.CREDENTIALS, Denial.DIRECTORY} <= mailbox.denials
    else:
        assert _mailbox(account).deadline is None


def test_the_deadline_holds_while_the_panel_is_down(
    server: Simulator, client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = make_account(now=clock())
    password = set_password(account.pk, by=hr, now=clock())
    run()

    clock.pass_(days=30, seconds=1)

    shut = client_of_server.facts().capabilities.deadlines
    assert door(server, account.address, password) is (Door.NO_MAIL if shut else Door.OPEN)
