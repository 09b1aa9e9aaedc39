"""Changes that wait: how old they are, and cancelling those that have not begun."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.domain.people import Actor
from accounts.models import Account, Operation, Pulse, Status
from accounts.queries import changes as queries
from accounts.services import cancelling
from accounts.services.accounts import edit_account
from accounts.services.lifecycle import suspend_account

pytestmark = pytest.mark.django_db


@pytest.fixture
def edited(account: Account, now: datetime, hr: Actor) -> Operation:
    """A change of the name that was asked 26 minutes ago."""
    Operation.objects.update(status=Status.DONE, settled_at=now - timedelta(hours=1))
    Operation.objects.update(created_at=now - timedelta(hours=1))
    edit_account(account.pk, by=hr, now=now - timedelta(minutes=26), name="Thandi N.")
    return Operation.objects.get(status=Status.PENDING)


def _text(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<main")[1]))


def test_what_waits_is_listed_with_its_age(operator: Client, edited: Operation) -> None:
    text = _text(operator.get("/changes/").content.decode())

    assert "Thandi N. Take over the new details." in text
    assert "for 26 minutes" in text
    assert "Cancel…" in text


def test_nothing_waits(operator: Client) -> None:
    assert "Nothing waits" in _text(operator.get("/changes/").content.decode())


def test_cancelling_asks_first(operator: Client, edited: Operation, account: Account) -> None:
    question = operator.get(f"/changes/{edited.pk}/cancel/").content.decode()
    assert "The record goes back to what it was" in question

    answer = operator.post(f"/changes/{edited.pk}/cancel/", follow=True)

    assert "Cancelled. The record of Thandi N. is as it was." in answer.content.decode()
    account.refresh_from_db()
    assert account.name == "Thandi Nkosi"


def test_opening_an_account_is_taken_away_whole(operator: Client, account: Account) -> None:
    operation = Operation.objects.get()
    question = _text(operator.get(f"/changes/{operation.pk}/cancel/").content.decode())
    assert "The account is taken away again" in question

    operator.post(f"/changes/{operation.pk}/cancel/")

    assert not Account.objects.exists()


def test_a_lock_is_not_offered_and_not_cancelled(
    operator: Client, edited: Operation, account: Account, now: datetime, hr: Actor
) -> None:
    suspend_account(account.pk, reason="Phone lost", by=hr, now=now)
    lock = Operation.objects.get(status=Status.PENDING)
    assert "Cancel…" not in _text(operator.get("/changes/").content.decode())
    assert "It cannot be cancelled." in operator.get(f"/changes/{lock.pk}/cancel/", follow=True).content.decode()

    answer = operator.post(f"/changes/{lock.pk}/cancel/", follow=True)

    assert "Locks and ends cannot be cancelled." in answer.content.decode()


def test_a_change_that_has_begun_says_so(operator: Client, edited: Operation, now: datetime) -> None:
    Operation.objects.filter(pk=edited.pk).update(begun_at=now)
    assert "Cancel…" not in _text(operator.get("/changes/").content.decode())

    answer = operator.post(f"/changes/{edited.pk}/cancel/", follow=True)

    assert "The mail server was already asked for this change" in answer.content.decode()


def test_trying_all_now_makes_them_due(operator: Client, edited: Operation, now: datetime) -> None:
    Operation.objects.filter(pk=edited.pk).update(due_at=now + timedelta(minutes=5))
    Pulse.objects.create(name="tick.server", at=now)

    operator.post("/changes/hurry/")

    edited.refresh_from_db()
    assert edited.due_at == now
    assert Pulse.objects.get(name="tick.server").at < now


def test_the_banner_says_how_old_the_oldest_is(operator: Client, edited: Operation, now: datetime) -> None:
    Pulse.objects.create(name="server", at=now, failing_since=now - timedelta(minutes=28), error_code="unreachable")

    text = _text(operator.get("/accounts/").content.decode())

    assert "1 change waits, for 26 minutes, and goes out by itself." in text
    assert "Try now" in text


def test_pages_offer_what_the_service_can_take_back() -> None:
    assert set(queries.CANCELLABLE) == set(cancelling.TAKEN_BACK)
