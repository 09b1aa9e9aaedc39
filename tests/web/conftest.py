"""Pages through Django's test client: people of each role, a clock that stands still, and an account to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import mailserver
from accounts.domain.people import Role
from accounts.models import Account, Staff
from accounts.provider import forget
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account
from tests.provider import CLIENT_ID, CLIENT_SECRET, Provider, running

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def stopped_clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page reads the test's clock."""
    monkeypatch.setattr("django.utils.timezone.now", clock)


@pytest.fixture(autouse=True)
def quiet_server(clock: Clock) -> Iterator[Simulator]:
    """Pages that ask the mail server get an empty one."""
    simulator = Simulator(generation="0.16", clock=clock)
    mailserver.use(simulator)
    yield simulator
    mailserver.forget()


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    """How often an address asked is counted in memory, and every test comes from the same address."""
    cache.clear()


@pytest.fixture
def provider(clock: Clock, settings: Settings, db: None) -> Iterator[Provider]:
    """The company's sign-in, and a panel that is set up for it."""
    with running(clock) as made:
        forget()
        settings.OIDC_ENABLED = settings.REQUIRE_OTP = True
        settings.OIDC_ISSUER = made.issuer
        settings.OIDC_CLIENT_ID = settings.OIDC_RP_CLIENT_ID = CLIENT_ID
        settings.OIDC_CLIENT_SECRET = settings.OIDC_RP_CLIENT_SECRET = CLIENT_SECRET
        settings.OIDC_ROLES = {"hr": "operator", "mail-admins": "admin", "audit": "auditor"}
        settings.PUBLIC_URL = "http://testserver"
        yield made
    forget()


@pytest.fixture
def staff(db: None, now: datetime) -> Callable[[Role], Staff]:
    """Make a person of a role."""

    def make(role: Role) -> Staff:
        person = Staff(username=f"{role}.khumalo", role=role, created_at=now)
        person.set_password(PASSWORD)
        person.save()
        return person

    return make


@pytest.fixture
def signed_in(staff: Callable[[Role], Staff]) -> Callable[[Role], Client]:
    """Return a browser in which a person of a role has signed in."""

    def make(role: Role) -> Client:
        client = Client()
        client.force_login(staff(role))
        return client

    return make


@pytest.fixture
def operator(signed_in: Callable[[Role], Client]) -> Client:
    return signed_in(Role.OPERATOR)


@pytest.fixture
def auditor(signed_in: Callable[[Role], Client]) -> Client:
    return signed_in(Role.AUDITOR)


@pytest.fixture
def admin(signed_in: Callable[[Role], Client]) -> Client:
    return signed_in(Role.ADMIN)


@pytest.fixture
def account(now: datetime, db: None) -> Account:
    """Thandi Nkosi, active for 30 days from now."""
    return make_account(now=now)
