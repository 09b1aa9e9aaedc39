"""Mailboxes that were there before: taken in as they are, and nobody is locked by surprise."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from accounts import outbox
from accounts.domain import passwords
from accounts.domain.errors import RuleBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, Drift, MailDomain
from accounts.services.adopting import Terms, adopt, lock
from stalwart_client import Create, Denial, Mailbox, StalwartClient, Wanted
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account
from tests.holders import Door, door

Run = Callable[[], int]
ADDRESS = "promo7@metrosure.app"
THERE = Wanted(address=ADDRESS, name="Promo Seven", quota=3 * 1024**3, aliases=("deals@metrosure.app",))
SECRET = "a quiet green lamp"


@pytest.fixture
def terms(now: object, clock: Clock) -> Terms:
    return Terms(owner="Palesa Molefe", purpose="Promotions", ends_at=clock() + timedelta(days=60))


def _found(client: StalwartClient, clock: Clock, wanted: Wanted = THERE) -> Drift:
    client.apply([Create(wanted=wanted, secret=passwords.hashed(SECRET))])
    outbox.sync(clock.pass_(seconds=900))
    return Drift.objects.get()


def _after(client: StalwartClient, run: Run, clock: Clock) -> Mailbox:
    run()
    outbox.sync(clock.pass_(seconds=900))
    return client.mailbox(ADDRESS)


def test_it_comes_in_as_it_is(
    server: Simulator,
    client_of_server: StalwartClient,
    domain: MailDomain,
    clock: Clock,
    run: Run,
    hr: Actor,
    terms: Terms,
) -> None:
    drift = _found(client_of_server, clock)

    account = adopt(drift.pk, terms=terms, by=hr, now=clock())
    mailbox = _after(client_of_server, run, clock)

    assert (account.name, account.owner, account.purpose, account.state) == (
        "Promo Seven",
        "Palesa Molefe",
        "Promotions",
        State.ACTIVE,
    )
    assert (mailbox.name, mailbox.quota, mailbox.aliases) == (THERE.name, THERE.quota, THERE.aliases)
    assert door(server, ADDRESS, SECRET) is Door.OPEN
    assert not Drift.objects.open().exists()
    if client_of_server.facts().capabilities.deadlines:
        assert mailbox.deadline == terms.ends_at


def test_a_locked_one_comes_in_suspended(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor, terms: Terms
) -> None:
    locked = Wanted(address=ADDRESS, denials=frozenset({Denial.SIGN_IN}))

    account = adopt(_found(client_of_server, clock, locked).pk, terms=terms, by=hr, now=clock())
    mailbox = _after(client_of_server, run, clock)

    assert account.state == State.SUSPENDED
    assert account.suspended_because
    assert mailbox.locked


def test_a_lock_is_a_suspension_whose_mail_is_kept(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor
) -> None:
    account = lock(_found(client_of_server, clock).pk, reason="Nobody knows it", by=hr, now=clock())
    mailbox = _after(client_of_server, run, clock)

    assert (account.state, account.held_because) == (State.SUSPENDED, "Nobody knows it")
    assert mailbox.locked
    assert (mailbox.name, mailbox.quota) == (THERE.name, THERE.quota)


@pytest.mark.parametrize("address", ["postmaster@metrosure.app", "admin@metrosure.app", "noreply@metrosure.app"])
def test_the_systems_own_are_not_locked(
    client_of_server: StalwartClient,
    domain: MailDomain,
    clock: Clock,
    hr: Actor,
    address: str,
    settings: pytest.FixtureRequest,
) -> None:
    settings.DEFAULT_FROM_EMAIL = "noreply@metrosure.app"  # type: ignore[attr-defined]

    with pytest.raises(RuleBroken, match="drift_not_offered"):
        lock(_found(client_of_server, clock, Wanted(address=address)).pk, reason="Unknown", by=hr, now=clock())


def test_the_account_of_the_panels_key_is_not_locked(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, hr: Actor
) -> None:
    client_of_server.create_panel_key("panel")
    outbox.sync(clock())

    assert [drift.is_ours for drift in Drift.objects.all()] in ([], [True])  # 0.15 keeps keys apart from mailboxes


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"owner": " "}, "required", id="no owner"),
        pytest.param({"ends_at": None}, "end_in_the_past", id="an end that is past"),
        pytest.param({"purpose": "x" * 201}, "too_long", id="too long a purpose"),
    ],
)
def test_terms_that_make_no_account_are_refused(
    changes: dict[str, object],
    code: str,
    client_of_server: StalwartClient,
    domain: MailDomain,
    clock: Clock,
    hr: Actor,
    terms: Terms,
) -> None:
    drift = _found(client_of_server, clock)
    given = {"owner": terms.owner, "purpose": "", "ends_at": terms.ends_at} | changes
    bad = Terms(
        owner=str(given["owner"]),
        purpose=str(given["purpose"]),
        ends_at=given["ends_at"] or clock(),  # type: ignore[arg-type]
    )

    with pytest.raises(RuleBroken, match=code):
        adopt(drift.pk, terms=bad, by=hr, now=clock())

    assert not Account.objects.exists()


def test_an_account_that_waits_for_the_address_gets_it_and_nothing_is_written_over(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor, terms: Terms
) -> None:
    client_of_server.apply([Create(wanted=THERE)])
    account = make_account(ADDRESS, now=clock())
    run()
    outbox.sync(clock.pass_(seconds=900))

    adopt(Drift.objects.get().pk, terms=terms, by=hr, now=clock())
    mailbox = _after(client_of_server, run, clock)

    account.refresh_from_db()
    assert account.mailbox_exists
    assert (mailbox.name, mailbox.quota) == (THERE.name, THERE.quota)
    assert set(Drift.objects.open().get().fields) == {"name", "quota", "aliases"}


def test_a_purged_address_stays_reserved(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, hr: Actor, terms: Terms
) -> None:
    make_account(ADDRESS, now=clock())
    Account.objects.update(state=State.PURGED, purged_at=clock(), mailbox_asked_at=clock())
    Account.objects.get().operations.update(status="done", settled_at=clock())
    drift = _found(client_of_server, clock)

    with pytest.raises(RuleBroken, match="drift_not_offered"):
        adopt(drift.pk, terms=terms, by=hr, now=clock())


def test_an_alias_that_belongs_to_somebody_is_not_taken_away_from_the_mailbox(
    client_of_server: StalwartClient, domain: MailDomain, clock: Clock, run: Run, hr: Actor, terms: Terms
) -> None:
    drift = _found(client_of_server, clock)
    make_account("other@metrosure.app", now=clock(), aliases=["deals@metrosure.app"])

    adopt(drift.pk, terms=terms, by=hr, now=clock())

    assert _after(client_of_server, run, clock).aliases == ("deals@metrosure.app",)
