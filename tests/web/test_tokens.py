"""The pages of API tokens: one's own, shown once, and those of others, to be revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.domain.people import Actor, Role
from accounts.domain.tokens import Scope, may_hold
from accounts.models import ApiToken, Staff
from accounts.services import tokens
from tests.conftest import Clock
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
FORM = {"label": "Payroll export", "days": "30", "scopes": ["accounts:read", "audit:read"]}


def _words(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


def _shown(page: bytes) -> str:
    return page.decode().split('id="token">')[1].split("</dd>")[0].strip()


def _make(username: str, by: Actor, now: datetime, label: str = "Payroll", **given: Any) -> ApiToken:
    given = {"scopes": ["accounts:read"], "days": 90, **given}
    return tokens.create_token(username, label=label, by=by, now=now, **given)[0]


@pytest.fixture
def lerato(now: datetime, db: None) -> Staff:
    return Staff.objects.create(username="lerato", role="operator", password="!", created_at=now)


@pytest.mark.parametrize("role", Role)
def test_everybody_is_offered_what_their_role_allows(role: Role, signed_in: Callable[[Role], Client]) -> None:
    page = signed_in(role).get("/tokens/new/").content.decode()

    assert set(re.findall(r'name="scopes" value="([^"]+)"', page)) == {
        scope for scope in Scope if may_hold(role, scope)
    }


def test_a_new_token_is_shown_once_and_works(auditor: Client, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    answer = auditor.post("/tokens/new/", FORM)
    shown = _shown(answer.content)

    assert answer["Cache-Control"] == "no-store"
    caller = tokens.caller_by(shown, address="", request_id="", now=clock())
    assert caller
    assert caller.scopes == {Scope.ACCOUNTS_READ, Scope.AUDIT_READ}
    listed = auditor.get("/tokens/").content
    assert shown not in listed.decode()
    Client(headers={"Authorization": f"Bearer {shown}"}).get("/health/detailed")
    assert shown[13:] not in caplog.text
    assert f"Payroll export {shown[:12]} Look at mailboxes · Read the log Ends Thu 24 Dec, in 30 days" in _words(listed)


def test_the_log_of_the_person_tells_of_it(admin: Client) -> None:
    admin.post("/tokens/new/", FORM)

    page = _words(admin.get(f"/staff/{Staff.objects.get().pk}/").content)

    assert "made an API token (Payroll export)" in page
    assert "accounts:read, audit:read" in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": ""}, "Fill this in."),
        ({"scopes": []}, "Tick at least one."),
        ({"scopes": ["accounts:purge"]}, "not one of the available choices"),
        ({"days": "9999"}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    change: dict[str, object], said: str, operator: Client
) -> None:
    answer = operator.post("/tokens/new/", {**FORM, "scopes": ["queue:read", "accounts:read"], **change})
    page = answer.content.decode()

    assert answer.status_code == 422
    assert said in page
    assert "label" in change or 'value="Payroll export"' in page
    assert "scopes" in change or len(re.findall(r'name="scopes"[^>]* checked', page)) == 2
    assert not ApiToken.objects.exists()


def test_making_one_asks_again_who_it_is_and_loses_nothing(operator: Client, clock: Clock) -> None:
    clock.pass_(seconds=11 * 60)

    asked = operator.post("/tokens/new/", {**FORM, "scopes": ["queue:read", "accounts:read"]})["Location"]

    assert urlsplit(asked).path == "/step-up/"
    assert not ApiToken.objects.exists()
    back = parse_qs(urlsplit(asked).query)["next"][0]
    page = operator.get(operator.post("/step-up/", {"password": PASSWORD, "next": back})["Location"]).content.decode()
    assert 'value="Payroll export"' in page
    assert set(re.findall(r'value="([^"]+)"[^>]* checked', page)) == {"queue:read", "accounts:read"}
    assert re.search(r'<option value="30"\s+selected', page)


def test_one_revokes_ones_own(operator: Client, hr: Actor, now: datetime) -> None:
    token = _make("operator.khumalo", hr, now)
    question = _words(operator.get(f"/tokens/{token.pk}/revoke/").content)

    answer = operator.post(f"/tokens/{token.pk}/revoke/")

    assert f"The program that uses {token.prefix} is shut out at once and for good." in question
    assert answer["Location"] == "/tokens/"
    token.refresh_from_db()
    assert token.revoked_at == now
    assert "“Payroll” opens nothing any more." in _words(operator.get("/tokens/").content)
    assert operator.post(f"/tokens/{token.pk}/revoke/").status_code == 404


def test_nobody_reaches_anothers_by_its_number(operator: Client, lerato: Staff, hr: Actor, now: datetime) -> None:
    token = _make("lerato", hr, now)

    assert operator.get(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert operator.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    assert operator.post(f"/staff/{lerato.pk}/tokens/{token.pk}/revoke/").status_code == 403
    assert token.prefix not in operator.get("/tokens/").content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None


def test_an_administrator_revokes_what_somebody_owns(admin: Client, lerato: Staff, hr: Actor, now: datetime) -> None:
    token = _make("lerato", hr, now)
    person = f"/staff/{lerato.pk}/"
    assert f"{person}tokens/{token.pk}/revoke/" in admin.get(person).content.decode()

    answer = admin.post(f"{person}tokens/{token.pk}/revoke/", headers={"HX-Request": "true", "HX-Target": "dialog"})

    assert answer["HX-Redirect"] == person
    assert "No program acts for this person." in _words(admin.get(person).content)
    assert admin.post(f"/staff/{Staff.objects.get(role='admin').pk}/tokens/{token.pk}/revoke/").status_code == 404


def test_an_auditor_looks_and_is_offered_no_change(auditor: Client, lerato: Staff, hr: Actor, now: datetime) -> None:
    token = _make("lerato", hr, now)

    page = auditor.get(f"/staff/{lerato.pk}/").content.decode()

    assert token.prefix in page
    assert "/revoke/" not in page


def test_what_a_token_lost_and_why_it_is_dead_is_said(operator: Client, hr: Actor, clock: Clock) -> None:
    _make("operator.khumalo", hr, clock(), "Half", scopes=["accounts:read", "accounts:write"])
    _make("operator.khumalo", hr, clock(), "Dead", scopes=["accounts:write"])
    _make("operator.khumalo", hr, clock(), "Short", days=7)
    old = _make("operator.khumalo", hr, clock(), "Old", days=1)
    ApiToken.objects.filter(pk=old.pk).update(expires_at=clock())
    Staff.objects.update(role="auditor")

    page = _words(operator.get("/tokens/").content)

    assert "Open and change mailboxes (no longer allowed)" in page
    assert "Dead, as its owner may do none of it any more" in page
    assert re.search(r"Over 1 Old mpt_\w{8} Look at mailboxes Expired just now · never used", page)


def test_the_last_use_is_told(operator: Client, hr: Actor, clock: Clock) -> None:
    _, shown = tokens.create_token("operator.khumalo", label="x", scopes=["audit:read"], days=90, by=hr, now=clock())
    tokens.caller_by(shown, address="10.1.1.1", request_id="", now=clock())
    clock.pass_(seconds=300)

    assert "last used 5 min ago from 10.1.1.1" in _words(operator.get("/tokens/").content)


def test_a_long_list_takes_few_queries(
    admin: Client, hr: Actor, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        _make("admin.khumalo", hr, now, f"Program {number}")

    with django_assert_max_num_queries(6):
        assert "Program 29" in _words(admin.get("/tokens/").content)


def test_a_first_visit_teaches_the_next_step(operator: Client) -> None:
    page = operator.get("/tokens/").content

    assert "No token yet" in _words(page)
    assert b'href="/tokens/new/"' in page
    assert b'href="/tokens/"' in operator.get("/").content


def test_the_table_of_roles_shows_what_tokens_can_hold(auditor: Client) -> None:
    page = _words(auditor.get("/staff/roles/").content)

    assert "accounts:purge no no yes" in page
    assert "accounts:write no yes yes" in page
    assert "audit:read yes yes yes" in page


def test_a_token_is_no_way_in_to_the_pages(operator: Client, hr: Actor, now: datetime) -> None:
    shown = tokens.create_token("operator.khumalo", label="x", scopes=["accounts:read"], days=1, by=hr, now=now)[1]

    assert Client(headers={"Authorization": f"Bearer {shown}"}).get("/accounts/").status_code == 302
