"""The adoption page: a look first, and then just that."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Drift
from accounts.services import taking_in
from tests.web.test_drift import nobodys

pytestmark = pytest.mark.django_db
__all__ = ["nobodys"]
Make = Callable[..., Drift]
DEFAULT = {"owner": "Palesa Molefe", "last_day": "2026-12-18", "pattern": "", "purpose": "", "sheet": ""}


def _post(client: Client, **given: str) -> tuple[int, str]:
    answer = client.post("/drift/take-in/", {**DEFAULT, **given}, follow=True)
    return answer.status_code, re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_look_changes_nothing(operator: Client, nobodys: Make) -> None:
    nobodys("one@metrosure.app")
    nobodys("two@metrosure.app", locked=True)
    nobodys("postmaster@metrosure.app", ours=True)

    status, page = _post(operator)

    assert status == 200
    assert "2 mailboxes would be taken in" in page
    assert "until Fri 18 Dec" in page
    assert "comes in suspended, as it is locked now" in page
    assert not Account.objects.exists()


def test_what_was_looked_at_is_taken_in(operator: Client, nobodys: Make) -> None:
    nobodys("one@metrosure.app")
    nobodys("two@metrosure.app", locked=True)

    _, page = _post(operator, apply="yes", number="2")

    assert "2 mailboxes are taken in." in page
    assert dict(Account.objects.values_list("address", "state")) == {
        "one@metrosure.app": "active",
        "two@metrosure.app": "suspended",
    }


def test_another_number_than_was_seen_takes_in_nothing(operator: Client, nobodys: Make) -> None:
    nobodys("one@metrosure.app")
    nobodys("two@metrosure.app")

    _, page = _post(operator, apply="yes", number="1")

    assert "The list has changed since you looked at it." in page
    assert not Account.objects.exists()


def test_a_pattern_and_a_sheet(operator: Client, nobodys: Make) -> None:
    for address in ("promo1@metrosure.app", "promo2@metrosure.app", "desk@metrosure.app", "other@metrosure.app"):
        nobodys(address)
    sheet = "Address\tOwner\tLast day\npromo2@metrosure.app\tJohan\t2027-01-31\nDESK@metrosure.app\ngone@metrosure.app"

    _, page = _post(operator, pattern="promo*@metrosure.app", sheet=sheet, apply="yes", number="3")

    assert "3 mailboxes are taken in." in page
    assert dict(Account.objects.values_list("address", "owner")) == {
        "promo1@metrosure.app": "Palesa Molefe",
        "promo2@metrosure.app": "Johan",
        "desk@metrosure.app": "Palesa Molefe",
    }


def test_lines_of_nobody_and_rows_without_terms_are_told(operator: Client, nobodys: Make) -> None:
    nobodys("one@metrosure.app")
    nobodys("two@metrosure.app")

    _, page = _post(operator, owner="", last_day="", sheet="one@metrosure.app, Johan, 2027-01-31\ngone@metrosure.app")

    assert "1 mailbox would be taken in" in page
    assert "1 other stays as it is" in page
    assert "not among these mailboxes: gone@metrosure.app" in page


def test_what_no_record_can_be_is_told_before_and_stays(operator: Client, nobodys: Make) -> None:
    nobodys("o'brien@metrosure.app")

    _, page = _post(operator)

    assert "Use letters without accents" in page
    assert "None: nothing that fits has both an owner and a last day." in page


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"owner": "", "last_day": ""}, "Give an owner and a last day for all", id="no terms"),
        pytest.param({"last_day": ""}, "Give an owner and a last day for all", id="no last day"),
        pytest.param({"sheet": "hello\nworld"}, "Line 2 has no address: “world”.", id="a line without an address"),
        pytest.param({"sheet": "a@b.org, P, soon"}, "Line 1: “soon” is no day.", id="a line with a bad day"),
    ],
)
def test_mistakes_are_named_and_nothing_is_lost(
    operator: Client, nobodys: Make, given: dict[str, Any], said: str
) -> None:
    nobodys("one@metrosure.app")

    answer = operator.post("/drift/take-in/", {**DEFAULT, "purpose": "Promotions", **given})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert 'value="Promotions"' in page


def test_an_end_that_is_past_locks_nobody(operator: Client, nobodys: Make) -> None:
    nobodys("one@metrosure.app")

    _, page = _post(operator, last_day="2026-11-01", apply="yes", number="1")

    assert "The last day must lie ahead." in page
    assert not Account.objects.exists()


def test_very_many_are_taken_in_in_rounds(operator: Client, nobodys: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_in, "AT_ONCE", 2)
    for number in range(3):
        nobodys(f"promo{number}@metrosure.app")

    _, page = _post(operator, apply="yes", number="2")

    assert "2 mailboxes are taken in." in page
    assert "1 mailbox has no record here." in page
