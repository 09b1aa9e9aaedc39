"""The server is listed and compared: what differs is kept, what cannot be believed is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import audit, outbox
from accounts.domain.drift import Difference, Standing, Strange
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Drift, MailDomain, Operation, Profile, Pulse
from accounts.outbox import listing
from accounts.services.accounts import edit_account
from accounts.services.lifecycle import end_account
from stalwart_client import Create, Denial, Destroy, StalwartClient, StalwartError, Update, Wanted
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]
NOBODYS = "promo7@metrosure.app"


@pytest.fixture
def account(domain: MailDomain, clock: Clock, run: Run) -> Account:
    """Thandi's mailbox, made and read back a quarter of an hour ago."""
    made = make_account(now=clock())
    run()
    clock.pass_(seconds=900)
    return made


def _kinds() -> dict[str, str]:
    return dict(Drift.objects.open().values_list("address", "kind"))


def test_where_all_is_as_recorded_nothing_is_listed(account: Account, clock: Clock) -> None:
    outcome = outbox.sync(clock())

    assert (outcome.listed, outcome.expected, outcome.missing, outcome.strange) == (1, 1, 0, None)
    assert not Drift.objects.exists()
    account.refresh_from_db()
    assert account.mailbox_seen_at == clock()
    assert Pulse.objects.get(name="sync").at == clock()


def test_each_kind_of_difference_is_found(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run
) -> None:
    gone = make_account("pieter@metrosure.app", now=clock())
    run()
    clock.pass_(seconds=60)
    client_of_server.apply(
        [
            Create(wanted=Wanted(address=NOBODYS, name="Promo", quota=5)),
            Destroy(address=gone.address),
            Update(address=account.address, quota=5 * 1024**3, name="Somebody else"),
        ]
    )

    outbox.sync(clock())

    assert _kinds() == {NOBODYS: "only_there", gone.address: "only_here", account.address: "different"}
    fields = Drift.objects.get(address=account.address).fields
    assert fields == {
        "name": {"here": "Thandi Nkosi", "there": "Somebody else"},
        "quota": {"here": 1024**3, "there": 5 * 1024**3},
    }
    gone.refresh_from_db()
    assert gone.mailbox_exists is False


def test_nothing_is_written_over(client_of_server: StalwartClient, account: Account, clock: Clock, run: Run) -> None:
    client_of_server.apply([Update(address=account.address, quota=5)])

    outbox.sync(clock())
    run()

    assert client_of_server.mailbox(account.address).quota == 5
    assert not Operation.objects.open().exists()


def test_a_dry_run_tells_and_writes_nothing(client_of_server: StalwartClient, account: Account, clock: Clock) -> None:
    client_of_server.apply([Update(address=account.address, quota=5)])
    told: list[tuple[str, Difference]] = []

    outbox.sync(clock(), dry_run=True, tell=lambda found: told.append((found.address, found.kind)))

    assert told == [(account.address, Difference.DIFFERENT)]
    assert not Drift.objects.exists()
    assert not Pulse.objects.filter(name="sync").exists()


def test_what_is_on_its_way_is_no_difference(
    client_of_server: StalwartClient, account: Account, clock: Clock, hr: Actor
) -> None:
    edit_account(account.pk, by=hr, now=clock(), name="Thandi N.")

    outbox.sync(clock())

    assert not Drift.objects.exists()


def test_a_difference_that_is_gone_again_is_struck_out(
    client_of_server: StalwartClient, account: Account, clock: Clock
) -> None:
    client_of_server.apply([Create(wanted=Wanted(address=NOBODYS))])
    outbox.sync(clock())
    clock.pass_(seconds=900)
    client_of_server.apply([Destroy(address=NOBODYS)])

    outbox.sync(clock())

    drift = Drift.objects.get()
    assert (drift.state, drift.by) == (Standing.SETTLED, "")


def test_seeing_it_again_makes_no_second_one(client_of_server: StalwartClient, account: Account, clock: Clock) -> None:
    client_of_server.apply([Create(wanted=Wanted(address=NOBODYS))])
    outbox.sync(clock())
    first = clock()
    clock.pass_(seconds=900)

    outbox.sync(clock())

    drift = Drift.objects.get()
    assert (drift.first_seen_at, drift.seen_at) == (first, clock())


def test_an_undone_lock_is_shut_again_by_itself(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    end_account(account.pk, by=hr, now=clock())
    run()
    clock.pass_(seconds=900)
    client_of_server.apply([Update(address=account.address, allow=frozenset({Denial.SIGN_IN}))])
    told: list[list[str]] = []

    outbox.sync(clock(), tell=lambda found: told.append(list(found.fields)))
    outbox.check_locks(clock())
    run()

    assert told == [["locked"]]
    assert client_of_server.mailbox(account.address).locked
    assert AuditEvent.objects.filter(action=audit.Action.LOCK_UNDONE).count() == 1
    assert not Drift.objects.exists()


def test_a_lock_is_left_to_people_where_the_setting_says_so(
    client_of_server: StalwartClient,
    account: Account,
    clock: Clock,
    run: Run,
    hr: Actor,
    settings: pytest.FixtureRequest,
) -> None:
    settings.PUT_RIGHT = frozenset({"nothing"})  # type: ignore[attr-defined]
    end_account(account.pk, by=hr, now=clock())
    run()
    clock.pass_(seconds=900)
    client_of_server.apply([Update(address=account.address, allow=frozenset({Denial.SIGN_IN}))])

    outbox.sync(clock())
    outbox.check_locks(clock())
    run()

    assert _kinds() == {account.address: "different"}
    account.refresh_from_db()
    assert account.mailbox_locked is False


def test_a_leak_is_shut_by_itself_where_the_setting_says_so(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, settings: pytest.FixtureRequest
) -> None:
    settings.PUT_RIGHT = frozenset({"locked", "directory", "credentials"})  # type: ignore[attr-defined]
    denials = client_of_server.mailbox(account.address).denials
    client_of_server.apply([Update(address=account.address, allow=denials)])

    outbox.sync(clock())
    run()

    assert client_of_server.mailbox(account.address).denials == denials
    assert not Drift.objects.exists()


def test_a_lock_that_a_person_set_on_the_server_is_not_lifted(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run
) -> None:
    client_of_server.apply([Update(address=account.address, deny=frozenset({Denial.SIGN_IN}))])

    outbox.sync(clock())
    run()

    assert client_of_server.mailbox(account.address).locked
    assert Drift.objects.get().fields == {"locked": {"here": False, "there": True}}


@pytest.mark.parametrize("page", [0, 1], ids=["before the first page", "in the middle"])
def test_a_server_that_dies_while_it_lists_makes_nothing_missing(
    server: Simulator,
    client_of_server: StalwartClient,
    account: Account,
    clock: Clock,
    run: Run,
    page: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(7):
        make_account(f"shopper{number}@metrosure.app", now=clock())
    run()
    clock.pass_(seconds=900)
    monkeypatch.setattr(listing, "_PAGE", 2)
    walk, listed = client_of_server.walk(), 0

    def dying() -> object:
        nonlocal listed
        for mailbox in walk:
            if listed == 3 * page:
                server.go_down()
                client_of_server.mailbox(mailbox.address)
            listed += 1
            yield mailbox

    monkeypatch.setattr(client_of_server, "walk", dying)

    with pytest.raises(StalwartError):
        outbox.sync(clock())

    assert not Drift.objects.exists()
    assert not Account.objects.filter(mailbox_exists=False).exists()
    assert Pulse.objects.get(name="server").failing_since == clock()
    assert not Pulse.objects.filter(name="sync").exists()


def test_a_mailbox_that_the_listing_left_out_is_asked_for_by_name(
    client_of_server: StalwartClient, account: Account, clock: Clock, monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    make_account("pieter@metrosure.app", now=clock())
    run()
    clock.pass_(seconds=900)
    walk = [mailbox for mailbox in client_of_server.walk() if mailbox.address != account.address]
    monkeypatch.setattr(client_of_server, "walk", lambda: iter(walk))

    outcome = outbox.sync(clock())

    assert outcome.missing == 1
    assert not Drift.objects.exists()


def test_an_empty_listing_is_not_believed(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run
) -> None:
    client_of_server.apply([Destroy(address=account.address)])

    for _ in range(2):
        outcome = outbox.sync(clock())
        clock.pass_(seconds=900)

    assert outcome.strange is Strange.EMPTY
    assert not Drift.objects.exists()
    account.refresh_from_db()
    assert account.mailbox_exists is True
    assert AuditEvent.objects.filter(action=audit.Action.SERVER_DOUBTED).count() == 1


def test_another_server_is_not_believed_and_mends_nothing(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    for number in range(7):
        make_account(f"shopper{number}@metrosure.app", now=clock())
    end_account(account.pk, by=hr, now=clock())
    run()
    clock.pass_(seconds=900)
    client_of_server.apply([Destroy(address=f"shopper{number}@metrosure.app") for number in range(7)])
    client_of_server.apply([Create(wanted=Wanted(address=NOBODYS))])
    client_of_server.apply([Update(address=account.address, allow=frozenset({Denial.SIGN_IN}))])

    outcome = outbox.sync(clock())

    assert (outcome.strange, outcome.missing, outcome.expected) == (Strange.MISSING, 7, 8)
    assert not Drift.objects.exists()
    assert not Operation.objects.open().exists()


def test_a_purged_address_that_is_in_use_again_is_shown(
    client_of_server: StalwartClient, account: Account, clock: Clock, run: Run, hr: Actor
) -> None:
    Account.objects.filter(pk=account.pk).update(state="purged", purged_at=clock())

    outbox.sync(clock())

    assert _kinds() == {account.address: "only_there"}


def test_queries_do_not_grow_with_the_page(
    server: Simulator, domain: MailDomain, clock: Clock, run: Run, django_assert_max_num_queries: object
) -> None:
    counted = []
    for number in (3, 12):
        for each in range(number):
            make_account(f"shopper{number}-{each}@metrosure.app", now=clock())
        run()
        clock.pass_(seconds=900)
        outbox.sync(clock())
        clock.pass_(seconds=900)
        with CaptureQueriesContext(connection) as queries:
            outbox.sync(clock())
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_an_account_that_is_not_to_be_on_the_server_yet_is_not_missing(
    domain: MailDomain, clock: Clock, run: Run
) -> None:
    Profile.objects.create(name="Late", mail_before_start=False)
    make_account(now=clock(), profile="Late", starts_at=clock() + timedelta(days=3))
    run()
    clock.pass_(seconds=900)

    assert outbox.sync(clock()).expected == 0
