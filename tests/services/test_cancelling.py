"""What waits can be cancelled: the record goes back, honestly, or the panel says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import audit, outbox
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import (
    Account,
    AuditEvent,
    Batch,
    BatchRow,
    MailDomain,
    Operation,
    PendingSecret,
    Profile,
    Status,
)
from accounts.services.accounts import edit_account, set_password
from accounts.services.cancelling import cancel_operation
from accounts.services.lifecycle import (
    end_account,
    extend_account,
    purge_account,
    reinstate_account,
    suspend_account,
)
from accounts.services.placing import change_profile, move_account
from stalwart_client import StalwartClient
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


def _waiting() -> Operation:
    return Operation.objects.get(status=Status.PENDING)


def _cancel(hr: Actor, clock: Clock) -> Account | None:
    return cancel_operation(_waiting().pk, by=hr, now=clock.pass_(seconds=10))


def test_an_edit_goes_back(account: Account, clock: Clock, hr: Actor) -> None:
    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.", quota=5, aliases=["two@metrosure.app"])

    _cancel(hr, clock)

    account.refresh_from_db()
    assert (account.name, account.quota) == ("Thandi Nkosi", GB)
    assert list(account.aliases.values_list("address", flat=True)) == ["one@metrosure.app"]
    assert not Operation.objects.open().exists()
    event = AuditEvent.objects.select_related("detail").get(action=audit.Action.OPERATION_CANCELLED)
    assert (event.detail.before or {})["name"] == "Thandi N."
    assert (event.detail.after or {})["name"] == "Thandi Nkosi"


def test_it_can_be_cancelled_while_the_server_is_away(
    server: Simulator, client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    server.go_down()
    edit_account(account.pk, by=hr, now=clock(), quota=5)
    run()
    assert _waiting().attempts == 1

    _cancel(hr, clock)

    server.come_up()
    clock.pass_(seconds=900)
    run()
    assert client_of_server.mailbox(account.address).quota == GB


def test_what_the_server_was_sent_cannot_be_cancelled(
    server: Simulator, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    edit_account(account.pk, by=hr, now=clock(), quota=5)
    server.fail_next(drop="after", method="update", times=9)
    run()

    with pytest.raises(RuleBroken, match="operation_begun"):
        _cancel(hr, clock)


def test_an_extension_goes_back_and_a_reopened_account_is_ended_again(
    account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    end_account(account.pk, by=hr, now=clock())
    run()
    account.refresh_from_db()
    ended_at = account.ends_at
    extend_account(account.pk, ends_at=clock.pass_(seconds=60) + timedelta(days=7), by=hr, now=clock())

    _cancel(hr, clock)

    account.refresh_from_db()
    assert (account.state, account.ends_at) == (State.ENDED, ended_at)


def _end(account: Account, hr: Actor, clock: Clock) -> None:
    end_account(account.pk, by=hr, now=clock())


def _suspend(account: Account, hr: Actor, clock: Clock) -> None:
    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())


def _shorten(account: Account, hr: Actor, clock: Clock) -> None:
    extend_account(account.pk, ends_at=clock() + timedelta(days=1), by=hr, now=clock())


@pytest.mark.parametrize("shut", [_end, _suspend, _shorten], ids=["an end", "a suspension", "an earlier end"])
def test_locks_and_ends_cannot_be_cancelled(
    shut: Callable[[Account, Actor, Clock], None], account: Account, clock: Clock, hr: Actor
) -> None:
    shut(account, hr, clock)

    with pytest.raises(RuleBroken, match="operation_shuts"):
        _cancel(hr, clock)

    assert _waiting().status == Status.PENDING


def test_a_reinstatement_cannot_be_told_back(account: Account, clock: Clock, run: Run, hr: Actor) -> None:
    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())
    run()
    reinstate_account(account.pk, by=hr, now=clock())

    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)


def test_a_lock_below_an_edit_waits_again(account: Account, clock: Clock, run: Run, hr: Actor) -> None:
    suspend_account(account.pk, reason="Phone lost", by=hr, now=clock())
    edit_account(account.pk, by=hr, now=clock.pass_(seconds=10), name="Thandi N.")

    _cancel(hr, clock)

    assert _waiting().cause == audit.Action.ACCOUNT_SUSPENDED
    run()
    account.refresh_from_db()
    assert (account.name, account.mailbox_locked) == ("Thandi Nkosi", True)


def test_a_purge_that_has_not_begun_is_taken_back(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    clock.pass_(days=200)
    purge_account(account.pk, reason="Retention over", by=hr, now=clock())

    _cancel(hr, clock)
    run()

    account.refresh_from_db()
    assert account.state == State.CLOSED
    assert client_of_server.mailboxes_at([account.address])


def test_a_new_account_leaves_nothing_behind(domain: MailDomain, clock: Clock, hr: Actor, run: Run) -> None:
    make_account(now=clock())

    assert _cancel(hr, clock) is None

    assert not Account.objects.exists()
    make_account(now=clock())


def test_a_password_and_then_the_account_it_was_made_for(domain: MailDomain, clock: Clock, hr: Actor) -> None:
    account = make_account(now=clock())
    set_password(account.pk, by=hr, now=clock.pass_(seconds=5))

    _cancel(hr, clock)
    assert not PendingSecret.objects.exists()
    assert _waiting().cause == audit.Action.ACCOUNT_CREATED
    _cancel(hr, clock)

    assert not Account.objects.exists()


def test_a_password_that_replaced_another_cannot_be_told_back(account: Account, clock: Clock, hr: Actor) -> None:
    set_password(account.pk, by=hr, now=clock())
    set_password(account.pk, by=hr, now=clock.pass_(seconds=5))

    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)

    assert PendingSecret.objects.exists()


def test_two_edits_go_back_one_after_the_other(account: Account, clock: Clock, hr: Actor) -> None:
    edit_account(account.pk, by=hr, now=clock(), quota=2 * GB)
    edit_account(account.pk, by=hr, now=clock.pass_(seconds=5), quota=3 * GB)

    _cancel(hr, clock)
    account.refresh_from_db()
    assert account.quota == 2 * GB

    _cancel(hr, clock)
    account.refresh_from_db()
    assert account.quota == GB


def test_a_wish_for_a_look_can_be_dropped(account: Account, clock: Clock, hr: Actor) -> None:
    outbox.record(subject=account, cause=audit.Action.CHECK_ASKED, now=clock())

    _cancel(hr, clock)

    assert not Operation.objects.open().exists()


def test_a_domain_cannot_be_cancelled(domain: MailDomain, clock: Clock, hr: Actor) -> None:
    outbox.record(subject=domain, cause=audit.Action.DOMAIN_CREATED, now=clock())

    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)


def test_another_campaign_or_profile_cannot_be_cancelled(account: Account, clock: Clock, hr: Actor) -> None:
    Profile.objects.create(name="Shopper", grace_days=3)
    move_account(account.pk, campaign="Winter", by=hr, now=clock())
    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)

    change_profile(account.pk, profile="Shopper", by=hr, now=clock.pass_(seconds=5))
    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)

    account.refresh_from_db()
    assert (account.campaign and account.campaign.name, account.profile.name) == ("Winter", "Shopper")


def test_an_end_that_goes_by_the_campaign_is_moved_by_the_campaign(account: Account, clock: Clock, hr: Actor) -> None:
    extend_account(account.pk, ends_at=account.ends_at + timedelta(days=7), by=hr, now=clock())
    Account.objects.update(follows_campaign=True)

    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)


def test_an_account_of_a_job_is_not_taken_out_of_its_report(domain: MailDomain, clock: Clock, hr: Actor) -> None:
    account = make_account(now=clock())
    batch = Batch.objects.create(kind="import", created_at=clock(), created_by=hr.name)
    BatchRow.objects.create(batch=batch, position=1, account=account)

    with pytest.raises(RuleBroken, match="operation_not_cancellable"):
        _cancel(hr, clock)

    assert BatchRow.objects.get().account == account
