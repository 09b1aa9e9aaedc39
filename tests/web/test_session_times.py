"""How long a browser stays signed in, the quiet question to the provider, and who else can end a session."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from accounts.audit import Action
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, SpentToken, Staff, StaffSession
from accounts.services import sessions
from tests.conftest import Clock
from tests.provider import Provider, begin, come_back, sign_in
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "list", "HX-Current-URL": "http://testserver/accounts/?q=x"}


@pytest.fixture
def person(provider: Provider) -> Client:
    """Somebody of HR whom the provider let in."""
    client = Client()
    sign_in(client, provider)
    return client


def _asked(location: str) -> dict[str, str]:
    assert urlsplit(location).path == reverse("oidc:begin")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_half_an_hour_of_nothing_signs_out(operator: Client, clock: Clock) -> None:
    clock.pass_(seconds=30 * 60)

    answer = operator.get("/accounts/")

    assert answer["Location"] == f"{reverse('sign-in')}?next=/accounts/"
    assert "nothing was done here for half an hour" in operator.get(answer["Location"]).content.decode()
    assert not StaffSession.objects.exists()


def test_eight_hours_are_the_end_however_busy(operator: Client, clock: Clock) -> None:
    for _ in range(8 * 3 - 1):
        clock.pass_(seconds=20 * 60)
        assert operator.get("/").status_code == 200
    clock.pass_(seconds=20 * 60)

    assert operator.get("/").status_code == 302


def test_a_page_that_looks_by_itself_is_nobody_at_work(operator: Client, account: Account, clock: Clock) -> None:
    page = operator.get(f"/accounts/{account.pk}/").content.decode()
    assert """hx-headers='{"X-Quiet": "yes"}'""" in page

    for _ in range(3):
        clock.pass_(seconds=10 * 60)
        last = operator.get(f"/accounts/{account.pk}/", headers={"X-Quiet": "yes", **HTMX})

    assert last.status_code == 302


def test_after_a_quarter_of_an_hour_the_provider_is_asked_without_a_word(
    person: Client, provider: Provider, clock: Clock
) -> None:
    clock.pass_(seconds=15 * 60)

    asked = _asked(person.get("/accounts/?q=x")["Location"])

    assert asked == {"ask": "check", "next": "/accounts/?q=x"}
    request = begin(person, **asked)
    assert request["prompt"] == "none"
    back = come_back(person, code=provider.log_in(request, "u1"), state=request["state"])
    assert back["Location"] == "/accounts/?q=x"
    assert person.get("/accounts/?q=x").status_code == 200
    assert AuditEvent.objects.filter(action=Action.SIGNED_IN).count() == 1


def test_a_role_that_changed_counts_after_the_question(person: Client, provider: Provider, clock: Clock) -> None:
    provider.people["u1"]["groups"] = ["audit"]
    clock.pass_(seconds=15 * 60)

    sign_in(person, provider, ask="check")

    assert Staff.objects.get().role == "auditor"
    assert person.get("/accounts/new/").status_code == 403


def test_a_role_that_went_ends_the_session(person: Client, provider: Provider, clock: Clock) -> None:
    provider.people["u1"]["groups"] = []
    clock.pass_(seconds=15 * 60)

    answer = sign_in(person, provider, ask="check")

    assert answer.status_code == 403
    assert "You have no role in this panel" in answer.content.decode()
    assert person.get("/").status_code == 302


@pytest.mark.parametrize("error", ["login_required", "consent_required", "interaction_required"])
def test_a_session_that_is_over_there_is_over_here(
    error: str, person: Client, provider: Provider, clock: Clock
) -> None:
    clock.pass_(seconds=15 * 60)
    request = begin(person, ask="check", next="/audit/")

    answer = come_back(person, error=error, state=request["state"])

    assert answer["Location"] == "/sign-in/?next=%2Faudit%2F"
    assert "The company sign-in has ended" in person.get(answer["Location"]).content.decode()


def test_another_error_of_the_question_ends_nothing(person: Client, provider: Provider, clock: Clock) -> None:
    request = begin(person, ask="check")

    assert come_back(person, error="temporarily_unavailable", state=request["state"]).status_code == 403
    assert person.get("/").status_code == 200


def test_a_part_of_a_page_leads_the_whole_page_to_the_question(person: Client, clock: Clock) -> None:
    clock.pass_(seconds=15 * 60)

    answer = person.get("/accounts/?q=x&after=7", headers=HTMX)

    assert _asked(answer["HX-Redirect"]) == {"ask": "check", "next": "/accounts/?q=x"}


def test_a_page_of_another_site_is_no_way_back(person: Client, clock: Clock) -> None:
    clock.pass_(seconds=15 * 60)

    answer = person.get("/accounts/", headers={**HTMX, "HX-Current-URL": "https://evil.example//evil.example/"})

    assert _asked(answer["HX-Redirect"])["next"] == "/"


def test_a_page_that_looks_by_itself_does_not_take_people_away(person: Client, clock: Clock) -> None:
    clock.pass_(seconds=15 * 60)

    assert person.get("/accounts/", headers={**HTMX, "X-Quiet": "yes"}).status_code == 204


def test_a_form_sent_meanwhile_is_refused_and_kept(
    person: Client, provider: Provider, account: Account, clock: Clock
) -> None:
    clock.pass_(seconds=15 * 60)
    path = f"/accounts/{account.pk}/suspend/"

    stopped = person.post(path, {"reason": "Phone lost & gone", "version": account.version})
    back = sign_in(person, provider, **_asked(stopped["Location"]))
    page = person.get(back["Location"]).content.decode()

    account.refresh_from_db()
    assert account.state == "active"
    assert f'action="{path}"' in page
    assert 'name="reason" value="Phone lost &amp; gone"' in page
    assert person.post(path, {"reason": "Phone lost & gone", "version": account.version}).status_code == 302


def test_what_is_no_longer_kept_is_said(operator: Client) -> None:
    answer = operator.get("/resume/?kept=unknown", follow=True)

    assert "no longer kept" in answer.content.decode()


def test_nobody_asks_a_provider_about_a_password(operator: Client, provider: Provider, clock: Clock) -> None:
    clock.pass_(seconds=20 * 60)

    assert operator.get("/").status_code == 200


def test_the_table_of_sessions_follows(operator: Client, clock: Clock) -> None:
    listed = StaffSession.objects.get()
    clock.pass_(seconds=300)
    operator.get("/")
    new = "seven grey ponies by the lake"
    operator.post("/password/", {"current": PASSWORD, "password": new, "again": new})

    listed.refresh_from_db()
    assert listed.seen_at == clock()
    assert listed.key == operator.cookies["session"].value
    operator.post("/sign-out/")
    assert not StaffSession.objects.exists()


def test_an_administrator_ends_a_session(operator: Client, hr: Actor, clock: Clock) -> None:
    sessions.end_session(StaffSession.objects.get().pk, by=hr, now=clock())

    assert operator.get("/").status_code == 302
    event = AuditEvent.objects.get()
    assert (event.action, event.detail.subject) == (Action.SESSION_ENDED, "operator.khumalo")


def test_sessions_that_are_over_are_cleared_away(operator: Client, clock: Clock) -> None:
    clock.pass_(days=1)

    sessions.forget_expired(clock())

    assert not StaffSession.objects.exists()
    assert not Session.objects.exists()


def _told(provider: Provider, **changed: Any) -> int:
    token = provider.logout_token(**changed)
    status: int = Client().post("/oidc/backchannel-logout/", {"logout_token": token}).status_code
    return status


def test_the_provider_ends_its_session(person: Client, provider: Provider) -> None:
    other = Client()
    provider.changed = {"sid": "another"}
    sign_in(other, provider)

    assert _told(provider, sub=None) == 200
    assert person.get("/").status_code == 302
    assert other.get("/").status_code == 200


def test_the_provider_ends_all_of_a_person(person: Client, provider: Provider) -> None:
    other = Client()
    provider.people["u2"] = {**provider.people["u1"], "preferred_username": "riaan"}
    sign_in(other, provider, "u2")

    assert _told(provider, sid=None) == 200
    assert person.get("/").status_code == 302
    assert other.get("/").status_code == 200
    assert AuditEvent.objects.latest("pk").detail.actor == "the company sign-in"


def test_it_ends_no_session_of_a_password(operator: Client, provider: Provider) -> None:
    assert _told(provider) == 200
    assert operator.get("/").status_code == 200


@pytest.mark.parametrize("token_id", ["one", "x" * 1000], ids=["short", "long"])
def test_a_logout_token_works_once(token_id: str, person: Client, provider: Provider) -> None:
    assert [_told(provider, jti=token_id) for _ in range(2)] == [200, 400]
    assert SpentToken.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example/"},
        {"aud": "other"},
        {"events": {}},
        {"events": None},
        {"nonce": "x"},
        {"sub": None, "sid": None},
        {"sub": 7},
        {"jti": None},
        {"jti": "\ud800"},
        {"sid": "\x00"},
        {"sub": "\ud800"},
        {"iat": 0},
        {"iat": None},
        {"exp": 1},
    ],
    ids=str,
)
def test_a_logout_token_that_does_not_fit_ends_nothing(
    changed: dict[str, Any], person: Client, provider: Provider
) -> None:
    assert _told(provider, **changed) == 400
    assert person.get("/").status_code == 200


@pytest.mark.parametrize("sent", [{}, {"logout_token": ""}, {"logout_token": "a.b.c"}, {"logout_token": "x" * 100_000}])
def test_nonsense_ends_nothing(sent: dict[str, str], person: Client) -> None:
    answer = Client(enforce_csrf_checks=True).post("/oidc/backchannel-logout/", sent)

    assert answer.status_code == 400
    assert answer["Cache-Control"] == "no-store"
    assert person.get("/").status_code == 200


def test_an_id_token_is_no_logout_token(person: Client, provider: Provider) -> None:
    token = provider.signed(provider.claims("u1", "nonce"))

    assert Client().post("/oidc/backchannel-logout/", {"logout_token": token}).status_code == 400
