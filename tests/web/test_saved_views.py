"""Saved views over the list: saved from it, with their number, renamed, shared, deleted."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import Account, SavedView
from tests.factories import make_account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_numbers() -> None:
    cache.clear()


@pytest.fixture
def people(now: datetime, db: None) -> list[Account]:
    return [make_account(f"{name}@metrosure.app", now=now, name=name.title()) for name in ("ana", "ben", "anele")]


def tabs(client: Client, query: str = "") -> dict[str, str]:
    """Return the views over the list with their numbers."""
    nav = client.get(f"/accounts/{query}").content.decode().split('id="views"')[1].split("</nav>")[0]
    return dict(re.findall(r">([^<>]+) <span class=\"tab-count\">([^<]*)<", nav))


def test_a_view_is_saved_from_the_list(operator: Client, people: list[Account]) -> None:
    listed = operator.get("/accounts/?q=an&sort=name").content.decode()
    answer = operator.post("/accounts/views/save/?q=an&sort=name", {"name": "An"}, follow=True)

    assert 'href="/accounts/views/save/?q=an&amp;sort=name"' in listed
    assert answer.request["PATH_INFO"] == "/accounts/"
    assert answer.request["QUERY_STRING"] == "q=an&sort=name"
    assert tabs(operator)["An"] == "2"
    assert 'aria-current="page">An <' in answer.content.decode()


def test_a_shared_view_stands_over_everybodys_list(operator: Client, auditor: Client, people: list[Account]) -> None:
    operator.post("/accounts/views/save/?state=active", {"name": "Mine"})
    operator.post("/accounts/views/save/?state=active", {"name": "Ours", "is_shared": "on"})

    assert "Ours" in tabs(auditor)
    assert "Mine" not in tabs(auditor)
    assert auditor.get(f"/accounts/views/{SavedView.objects.get(name='Ours').pk}/").status_code == 404


def test_renaming_sharing_and_deleting(operator: Client, people: list[Account]) -> None:
    operator.post("/accounts/views/save/?state=active", {"name": "Mine"})
    path = f"/accounts/views/{SavedView.objects.get().pk}/"
    operator.post(path, {"name": "All active", "is_shared": "on"})
    renamed = list(SavedView.objects.values_list("name", "is_shared"))
    gone = operator.post(f"{path}delete/", follow=True)

    assert renamed == [("All active", True)]
    assert "The view “All active” is deleted. No mailbox was touched." in gone.content.decode()
    assert not SavedView.objects.exists()


def test_an_auditor_has_views_and_shares_none(auditor: Client, people: list[Account]) -> None:
    page = auditor.get("/accounts/views/save/?q=ana").content.decode()
    refused = auditor.post("/accounts/views/save/?q=ana", {"name": "Ana", "is_shared": "on"})
    auditor.post("/accounts/views/save/?q=ana", {"name": "Ana"})

    assert "is_shared" not in page
    assert refused.status_code == 422
    assert tabs(auditor)["Ana"] == "1"


def test_a_name_is_needed(operator: Client) -> None:
    answer = operator.post("/accounts/views/save/?q=ana", {"name": " "})

    assert answer.status_code == 422
    assert "Fill this in." in answer.content.decode()
