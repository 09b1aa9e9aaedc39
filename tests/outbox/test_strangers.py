"""What a person changed on the server is never written over silently; locks and ends are always applied."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import outbox
from accounts.domain.people import Actor
from accounts.models import Account, Drift, MailDomain, Status
from accounts.outbox import mailboxes
from accounts.services.accounts import edit_account, set_password
from accounts.services.lifecycle import end_account, extend_account, reinstate_account, suspend_account
from stalwart_client import Denial, Destroy, StalwartClient, Update
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]
GB = 1024**3


@pytest.fixture
def account(domain: MailDomain, clock: Clock, run: Run) -> Account:
    made = make_account(now=clock(), aliases=["one@metrosure.app"])
    run()
    clock.pass_(seconds=60)
    return made


def _there(account: Account, client: StalwartClient) -> tuple[str, int, tuple[str, ...]]:
    mailbox = client.mailbox(account.address)
    return mailbox.name, mailbox.quota, mailbox.aliases


def test_a_field_that_changed_meanwhile_becomes_a_card_and_the_others_go_out(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Update(address=account.address, quota=5 * GB, aliases=("two@metrosure.app",))])
    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.", quota=2 * GB)

    run()

    assert _there(account, client_of_server) == ("Thandi N.", 5 * GB, ("two@metrosure.app",))
    assert Drift.objects.get().fields == {
        "quota": {"here": 2 * GB, "there": 5 * GB},
        "aliases": {"here": ["one@metrosure.app"], "there": ["two@metrosure.app"]},
    }
    assert account.operations.order_by("-created_at").first().status == Status.DONE  # type: ignore[union-attr]


def test_it_stays_the_strangers_however_often_it_is_seen(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run
) -> None:
    client_of_server.apply([Update(address=account.address, quota=5 * GB)])

    for _ in range(3):
        outbox.record(subject=account, cause="check_asked", now=clock.pass_(seconds=60))
        run()
        outbox.sync(clock.pass_(seconds=60))

    assert client_of_server.mailbox(account.address).quota == 5 * GB


def test_a_lock_and_an_end_are_always_applied(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Update(address=account.address, quota=5 * GB, allow=frozenset(Denial))])
    end_account(account.pk, by=hr, now=clock())

    run()

    mailbox = client_of_server.mailbox(account.address)
    assert mailbox.locked
    assert mailbox.quota == 5 * GB


def test_a_lock_of_a_stranger_is_not_lifted_by_another_change(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Update(address=account.address, deny=frozenset({Denial.SIGN_IN}))])
    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.")

    run()

    assert client_of_server.mailbox(account.address).locked
    assert Drift.objects.get().fields == {"locked": {"here": False, "there": True}}


def test_our_own_lock_is_lifted(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())
    run()
    reinstate_account(account.pk, by=hr, now=clock())

    run()

    assert not client_of_server.mailbox(account.address).locked
    assert not Drift.objects.exists()


def test_an_earlier_end_of_a_stranger_stands_until_somebody_decides(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    if not client_of_server.facts().capabilities.deadlines:
        return  # 0.15 keeps no ends
    set_password(account.pk, by=hr, now=clock())
    run()
    earlier = clock() + timedelta(days=2)
    client_of_server.apply([Update(address=account.address, deadline=earlier)])
    extend_account(account.pk, ends_at=clock() + timedelta(days=60), by=hr, now=clock())

    run()
    assert client_of_server.mailbox(account.address).deadline == earlier

    extend_account(account.pk, ends_at=clock() + timedelta(days=1), by=hr, now=clock())
    run()
    assert client_of_server.mailbox(account.address).deadline == clock() + timedelta(days=1)


def test_a_lost_answer_is_not_taken_for_a_stranger(
    server: Simulator, client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    edit_account(account.pk, by=hr, now=clock(), quota=2 * GB)
    server.fail_next(drop="after", method="update")
    run()
    assert client_of_server.mailbox(account.address).quota == 2 * GB
    edit_account(account.pk, by=hr, now=clock.pass_(seconds=600), quota=3 * GB)

    run()

    assert client_of_server.mailbox(account.address).quota == 3 * GB
    assert not Drift.objects.exists()


def test_a_worker_that_was_killed_after_sending_is_not_taken_for_a_stranger(
    client_of_server: StalwartClient,
    account: Account,
    clock: Clock,
    run: Run,
    hr: Actor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit_account(account.pk, by=hr, now=clock(), quota=2 * GB)
    with monkeypatch.context() as patched:
        patched.setattr(mailboxes, "read_back", _killed)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert client_of_server.mailbox(account.address).quota == 2 * GB
    edit_account(account.pk, by=hr, now=clock.pass_(seconds=600), quota=3 * GB)

    run()

    assert client_of_server.mailbox(account.address).quota == 3 * GB
    assert not Drift.objects.exists()


def test_a_mailbox_that_somebody_deleted_is_not_made_again(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Destroy(address=account.address)])
    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.")

    run()

    assert client_of_server.mailboxes_at([account.address]) == {}
    operation = account.operations.order_by("-created_at")[0]
    assert (operation.status, operation.error_code) == (Status.FAILED, "gone")
    assert Drift.objects.get().kind == "only_here"


def test_a_deleted_mailbox_holds_back_no_end(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Destroy(address=account.address)])
    end_account(account.pk, by=hr, now=clock())

    run()

    assert account.operations.order_by("-created_at")[0].status == Status.DONE
    assert client_of_server.mailboxes_at([account.address]) == {}


def test_records_of_before_are_put_through_as_they_were(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    Account.objects.update(mailbox_known={})
    client_of_server.apply([Update(address=account.address, quota=5 * GB)])
    edit_account(account.pk, by=hr, now=clock(), quota=2 * GB)

    run()

    assert client_of_server.mailbox(account.address).quota == 2 * GB


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
