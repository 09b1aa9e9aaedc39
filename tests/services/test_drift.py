"""What people decide about differences: logged, carried out by an operation, and true on the server afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts import audit, outbox
from accounts.domain.drift import Standing
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Drift, MailDomain
from accounts.services import drift as services
from accounts.services import ticks
from accounts.services.lifecycle import end_account
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
    clock.pass_(seconds=900)
    return made


@pytest.fixture
def changed(client_of_server: StalwartClient, account: Account, clock: Clock) -> Drift:
    """Somebody gave the mailbox 5 GB and another alias on the server."""
    client_of_server.apply([Update(address=account.address, quota=5 * GB, aliases=("two@metrosure.app",))])
    outbox.sync(clock())
    return Drift.objects.get()


@pytest.fixture
def deleted(client_of_server: StalwartClient, account: Account, clock: Clock, run: Run) -> Drift:
    """Somebody deleted the mailbox; another one is there, so that the server can be believed."""
    make_account("pieter@metrosure.app", now=clock())
    run()
    clock.pass_(seconds=60)
    client_of_server.apply([Destroy(address=account.address)])
    outbox.sync(clock())
    return Drift.objects.get()


def _logged(action: audit.Action) -> AuditEvent:
    return AuditEvent.objects.select_related("detail").get(action=action)


def test_putting_right_lets_our_record_win(
    client_of_server: StalwartClient, account: Account, changed: Drift, clock: Clock, run: Run, hr: Actor
) -> None:
    services.put_right(changed.pk, by=hr, now=clock())
    run()

    mailbox = client_of_server.mailbox(account.address)
    assert (mailbox.quota, mailbox.aliases) == (GB, ("one@metrosure.app",))
    changed.refresh_from_db()
    assert (changed.state, changed.by) == (Standing.SETTLED, "lerato")
    detail = _logged(audit.Action.DRIFT_PUT_RIGHT).detail
    assert (detail.before or {})["quota"] == 5 * GB
    assert (detail.after or {})["quota"] == GB
    clock.pass_(seconds=900)
    outbox.sync(clock())
    assert not Drift.objects.open().exists()


def test_putting_right_writes_over_nothing_that_was_not_seen(
    client_of_server: StalwartClient, account: Account, changed: Drift, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Update(address=account.address, quota=7 * GB)])

    services.put_right(changed.pk, by=hr, now=clock())
    run()

    assert client_of_server.mailbox(account.address).quota == 7 * GB
    assert Drift.objects.open().get().fields == {"quota": {"here": GB, "there": 7 * GB}}


def test_accepting_takes_over_what_the_server_has(
    client_of_server: StalwartClient, account: Account, changed: Drift, clock: Clock, run: Run, hr: Actor
) -> None:
    services.accept(changed.pk, reason="Agreed on the phone", by=hr, now=clock())
    run()

    account.refresh_from_db()
    assert account.quota == 5 * GB
    assert list(account.aliases.values_list("address", flat=True)) == ["two@metrosure.app"]
    assert client_of_server.mailbox(account.address).quota == 5 * GB
    assert _logged(audit.Action.DRIFT_ACCEPTED).detail.reason == "Agreed on the phone"
    clock.pass_(seconds=900)
    outbox.sync(clock())
    assert not Drift.objects.open().exists()


def test_a_lock_from_outside_is_accepted_as_a_suspension(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Update(address=account.address, deny=frozenset({Denial.SIGN_IN}))])
    outbox.sync(clock())

    services.accept(Drift.objects.get().pk, reason="Stolen phone", by=hr, now=clock())
    run()

    account.refresh_from_db()
    assert (account.state, account.suspended_because) == (State.SUSPENDED, "Stolen phone")


def test_a_lock_from_outside_is_lifted_only_when_somebody_says_so(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    client_of_server.apply([Update(address=account.address, deny=frozenset({Denial.SIGN_IN}))])
    outbox.sync(clock())

    services.put_right(Drift.objects.get().pk, by=hr, now=clock())
    run()

    assert not client_of_server.mailbox(account.address).locked


@pytest.mark.parametrize("decide", [services.accept, services.ignore], ids=["accept", "ignore"])
def test_an_open_door_can_be_neither_accepted_nor_left(
    decide: Callable[..., object],
    client_of_server: StalwartClient,
    account: Account,
    clock: Clock,
    run: Run,
    hr: Actor,
    settings: pytest.FixtureRequest,
) -> None:
    settings.PUT_RIGHT = frozenset()  # type: ignore[attr-defined]
    end_account(account.pk, by=hr, now=clock())
    run()
    clock.pass_(seconds=900)
    client_of_server.apply([Update(address=account.address, allow=frozenset({Denial.SIGN_IN}))])
    outbox.sync(clock())

    with pytest.raises(RuleBroken, match="drift_stands_open"):
        decide(Drift.objects.get().pk, reason="They need it", by=hr, now=clock())


def test_what_is_left_as_it_is_stays_so_until_it_changes(
    client_of_server: StalwartClient, account: Account, changed: Drift, clock: Clock, hr: Actor
) -> None:
    services.ignore(changed.pk, reason="A trial", by=hr, now=clock())
    clock.pass_(seconds=900)
    outbox.sync(clock())
    assert Drift.objects.get().state == Standing.IGNORED

    client_of_server.apply([Update(address=account.address, quota=6 * GB)])
    clock.pass_(seconds=900)
    outbox.sync(clock())

    drift = Drift.objects.get()
    assert (drift.state, drift.reason) == (Standing.OPEN, "")


def test_leaving_it_wants_a_reason(changed: Drift, clock: Clock, hr: Actor) -> None:
    with pytest.raises(RuleBroken, match="reason_required"):
        services.ignore(changed.pk, reason=" ", by=hr, now=clock())


def test_a_deleted_mailbox_is_made_again_when_somebody_says_so(
    client_of_server: StalwartClient, account: Account, deleted: Drift, clock: Clock, run: Run, hr: Actor
) -> None:
    services.make_again(deleted.pk, by=hr, now=clock())
    run()

    assert client_of_server.mailbox(account.address).quota == GB
    clock.pass_(seconds=900)
    outbox.sync(clock())
    assert not Drift.objects.open().exists()


def test_a_deleted_mailbox_is_given_up_and_stays_gone(
    client_of_server: StalwartClient, account: Account, deleted: Drift, clock: Clock, run: Run, hr: Actor
) -> None:
    services.give_up(deleted.pk, reason="They left", by=hr, now=clock())
    run()
    clock.pass_(seconds=900)
    outbox.sync(clock())

    account.refresh_from_db()
    assert account.state == State.ENDED
    assert client_of_server.mailboxes_at([account.address]) == {}
    assert not Drift.objects.open().exists()


def test_a_settled_difference_says_so(changed: Drift, clock: Clock, hr: Actor) -> None:
    services.put_right(changed.pk, by=hr, now=clock())

    with pytest.raises(RuleBroken, match="drift_settled"):
        services.put_right(changed.pk, by=hr, now=clock())


def test_what_does_not_fit_the_kind_is_refused(changed: Drift, clock: Clock, hr: Actor) -> None:
    with pytest.raises(RuleBroken, match="drift_not_offered"):
        services.make_again(changed.pk, by=hr, now=clock())


def test_asking_makes_the_next_tick_compare(server: Simulator, domain: MailDomain, clock: Clock, hr: Actor) -> None:
    ticks.tick(clock)
    clock.pass_(seconds=60)
    services.ask_for_sync(by=hr, now=clock())

    clock.pass_(seconds=30)

    assert "tick.sync" in ticks.tick(clock)
