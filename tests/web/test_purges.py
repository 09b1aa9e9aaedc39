"""Many deletions at once wait until a person has looked and typed their number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.domain.lifecycle import State
from accounts.domain.people import Role
from accounts.models import Account, AuditEvent
from accounts.services.lifecycle import sweep
from tests.conftest import Clock
from tests.factories import make_account

PATH = "/accounts/purges/"


@pytest.fixture
def admin(signed_in: Callable[[Role], Client]) -> Client:
    return signed_in(Role.ADMIN)


@pytest.fixture
def held(db: None, clock: Clock, settings: Settings) -> list[Account]:
    settings.SWEEP_PURGE_LIMIT = 2
    accounts = [make_account(f"shopper{n}@metrosure.app", now=clock()) for n in range(3)]
    clock.at = accounts[0].purges_at
    sweep(now=clock())
    return accounts


def test_the_dashboard_leads_there(held: list[Account], admin: Client) -> None:
    assert f'href="{PATH}"' in admin.get("/").content.decode()


def test_the_page_names_the_effect_and_the_mailboxes(held: list[Account], admin: Client) -> None:
    page = admin.get(PATH).content.decode()

    assert "Delete 3 mailboxes" in page
    assert all(account.name in page for account in held)


def test_the_right_number_lets_them_go(held: list[Account], admin: Client, now: datetime) -> None:
    answer = admin.post(PATH, {"number": "3"}, follow=True)

    assert "3 mailboxes are being deleted." in answer.content.decode()
    assert set(Account.objects.values_list("state", flat=True)) == {State.PURGED}
    assert AuditEvent.objects.select_related("detail").latest("id").detail.actor == "admin.khumalo"


@pytest.mark.parametrize("number", ["2", "", "all"])
def test_any_other_number_deletes_nothing(held: list[Account], admin: Client, number: str) -> None:
    answer = admin.post(PATH, {"number": number})

    assert answer.status_code == 422
    assert not Account.objects.filter(state=State.PURGED).exists()


def test_with_nothing_held_back_it_says_so(admin: Client) -> None:
    assert "Nothing waits to be deleted." in admin.get(PATH).content.decode()
