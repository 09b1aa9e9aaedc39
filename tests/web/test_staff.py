"""Staff pages: who may sign in, where they are signed in, and every change asks again who asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.domain.people import Actor, Role
from accounts.domain.signing import Refusal
from accounts.models import AuditEvent, Authenticator, OidcIdentity, Staff, StaffSession
from accounts.services import factors, signing
from accounts.services.staff import create_staff
from tests.conftest import Clock
from tests.web.conftest import PASSWORD
from tests.web.test_emergency_key import app_code

pytestmark = pytest.mark.django_db
LATER = 11 * 60
ALL = ["role", "limits", "email", "deactivate", "emergency-key", "reset-factor", "sessions/end"]


@pytest.fixture
def lerato(hr: Actor, now: datetime) -> Staff:
    person = create_staff("lerato", role="operator", email="lerato@metrosure.app", by=hr, now=now)[0]
    person.must_change_password = False
    person.save()
    return person


def _page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def _set_up_factor(staff: Staff, hr: Actor, clock: Clock) -> None:
    factors.begin_factor(staff)
    factors.confirm_factor(staff, code=app_code(clock), by=hr, now=clock())


def test_the_list_says_who_and_how(auditor: Client, lerato: Staff) -> None:
    page = _page(auditor, "/staff/")

    assert "lerato@metrosure.app" in page
    assert "HR operator" in page
    assert "given here" in page
    assert "2 people" in page


def test_the_list_takes_few_queries(
    auditor: Client, hr: Actor, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        create_staff(f"person{number}", role="operator", by=hr, now=now)

    with django_assert_max_num_queries(8):
        assert "41 people" in _page(auditor, "/staff/")


def test_a_role_of_the_company_sign_in_says_so(
    auditor: Client, lerato: Staff, now: datetime, settings: Settings
) -> None:
    settings.OIDC_ENABLED = True
    OidcIdentity.objects.create(staff=lerato, issuer="https://id", subject="1", created_at=now, signed_in_at=now)

    assert "HR operator, by the company sign-in" in _page(auditor, f"/staff/{lerato.pk}/")


def test_operators_see_neither_the_page_nor_its_link(operator: Client) -> None:
    assert 'href="/staff/"' not in _page(operator, "/")
    assert operator.get("/staff/").status_code == 403


def test_auditors_look_and_are_offered_no_change(auditor: Client, lerato: Staff) -> None:
    page = _page(auditor, f"/staff/{lerato.pk}/")

    assert 'href="/staff/"' in page
    assert not [change for change in ALL if f"/staff/{lerato.pk}/{change}/" in page]


def test_a_new_person_gets_a_password_that_is_shown_once(admin: Client) -> None:
    answer = admin.post("/staff/new/", {"username": "Palesa", "email": "", "role": "auditor"})
    person = Staff.objects.get(username="palesa")
    shown = answer.content.decode().split('id="password">')[1].split("</dd>")[0].strip()

    assert person.check_password(shown)
    assert (person.role, person.must_change_password) == (Role.AUDITOR, True)
    assert shown not in _page(admin, f"/staff/{person.pk}/")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"username": "two words"}, "Give a sign-in name without blanks"),
        ({"username": "LERATO"}, "Somebody signs in as “lerato” already."),
        ({"email": "nonsense"}, "“nonsense” is no e-mail address."),
        ({"username": ""}, "Fill this in."),
        ({"role": "boss"}, "is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    given: dict[str, str], said: str, admin: Client, lerato: Staff
) -> None:
    values = {"username": "new", "role": "auditor", "email": "new@metrosure.app", **given}

    answer = admin.post("/staff/new/", values)
    page = " ".join(answer.content.decode().split())

    assert answer.status_code == 422
    assert said in page
    assert f'value="{values["email"]}"' in page
    assert not Staff.objects.filter(username="new").exists()


@pytest.mark.parametrize("change", [*ALL, "activate"])
def test_each_change_asks_again_who_asks(
    change: str, signed_in: Callable[[Role], Client], lerato: Staff, clock: Clock
) -> None:
    late, path = signed_in(Role.ADMIN), f"/staff/{lerato.pk}/{change}/"
    clock.pass_(seconds=LATER)
    before, events = Staff.objects.values().get(pk=lerato.pk), AuditEvent.objects.count()

    assert late.get(path).status_code == 200
    answer = late.post(path, {"role": "admin", "email": "other@metrosure.app", "reason": "Left"})

    assert urlsplit(answer["Location"]).path == "/step-up/"
    assert (Staff.objects.values().get(pk=lerato.pk), AuditEvent.objects.count()) == (before, events)


def test_after_the_answer_the_form_is_filled_in_as_before(
    signed_in: Callable[[Role], Client], lerato: Staff, clock: Clock
) -> None:
    late = signed_in(Role.ADMIN)
    clock.pass_(seconds=LATER)
    asked = late.post(f"/staff/{lerato.pk}/deactivate/", {"reason": "Left on Friday"})["Location"]
    back = parse_qs(urlsplit(asked).query)["next"][0]
    answer = late.post("/step-up/", {"password": PASSWORD, "next": back})

    assert "Left on Friday" in _page(late, answer["Location"])


def test_a_role_is_changed(admin: Client, lerato: Staff) -> None:
    answer = admin.post(f"/staff/{lerato.pk}/role/", {"role": "auditor"})

    lerato.refresh_from_db()
    assert (answer["Location"], lerato.role) == (f"/staff/{lerato.pk}/", "auditor")
    assert "changed what a person may do here" in _page(admin, answer["Location"])


def test_the_last_administrator_stays_one(admin: Client) -> None:
    me = Staff.objects.get()

    answer = admin.post(f"/staff/{me.pk}/role/", {"role": "auditor"})

    assert answer.status_code == 422
    assert "This is the last administrator." in answer.content.decode()


def test_nobody_shuts_themselves_out(admin: Client) -> None:
    me = Staff.objects.get()

    answer = admin.post(f"/staff/{me.pk}/deactivate/", {"reason": "Bored"})

    assert "This is you. Ask another administrator to do it." in answer.content.decode()
    assert "Shut out…" not in _page(admin, f"/staff/{me.pk}/")


def test_shut_out_means_at_once_and_let_in_again_means_as_before(admin: Client, lerato: Staff) -> None:
    hers = Client()
    hers.force_login(lerato)
    assert hers.get("/").status_code == 200

    admin.post(f"/staff/{lerato.pk}/deactivate/", {"reason": "Left"})

    assert hers.get("/")["Location"].startswith("/sign-in/")
    assert "Shut out here" in _page(admin, f"/staff/{lerato.pk}/")
    admin.post(f"/staff/{lerato.pk}/activate/")
    lerato.refresh_from_db()
    assert lerato.is_active


def test_an_address_can_be_taken_away(admin: Client, lerato: Staff) -> None:
    assert admin.post(f"/staff/{lerato.pk}/email/", {"email": "nonsense"}).status_code == 422
    admin.post(f"/staff/{lerato.pk}/email/", {"email": ""})

    lerato.refresh_from_db()
    assert lerato.email == ""


def test_the_emergency_key_is_given_and_taken(admin: Client, lerato: Staff, settings: Settings) -> None:
    settings.OIDC_ENABLED = True
    path = f"/staff/{lerato.pk}/emergency-key/"

    admin.post(path)
    lerato.refresh_from_db()
    assert lerato.is_local
    admin.post(path)
    lerato.refresh_from_db()
    assert not lerato.is_local


def test_a_key_for_somebody_without_a_password_shows_one(admin: Client, lerato: Staff, settings: Settings) -> None:
    settings.OIDC_ENABLED = True
    lerato.set_unusable_password()
    lerato.save()

    page = admin.post(f"/staff/{lerato.pk}/emergency-key/").content.decode()
    shown = page.split('id="password">')[1].split("</dd>")[0].strip()

    lerato.refresh_from_db()
    assert lerato.check_password(shown)


def test_a_lost_second_factor_is_taken_away(admin: Client, lerato: Staff, hr: Actor, clock: Clock) -> None:
    assert "There is no second factor" in admin.post(f"/staff/{lerato.pk}/reset-factor/").content.decode()
    _set_up_factor(lerato, hr, clock)
    assert "10 recovery codes left" in _page(admin, f"/staff/{lerato.pk}/")

    admin.post(f"/staff/{lerato.pk}/reset-factor/")

    assert not Authenticator.objects.filter(user=lerato).exists()


def test_one_browser_is_signed_out_and_the_other_stays(admin: Client, lerato: Staff) -> None:
    phone, desk = Client(headers={"User-Agent": "Mozilla iPhone Safari"}), Client(headers={"User-Agent": "Firefox"})
    for browser in (phone, desk):
        browser.force_login(lerato)
    StaffSession.objects.filter(key=phone.session.session_key).update(device="Safari, iPhone")
    session = StaffSession.objects.get(key=phone.session.session_key)
    assert "Safari, iPhone" in _page(admin, f"/staff/{lerato.pk}/")

    admin.post(f"/staff/{lerato.pk}/sessions/{session.pk}/end/")

    assert phone.get("/")["Location"].startswith("/sign-in/")
    assert desk.get("/").status_code == 200
    admin.post(f"/staff/{lerato.pk}/sessions/end/")
    assert desk.get("/")["Location"].startswith("/sign-in/")


def test_a_session_of_somebody_else_is_not_found_under_this_person(admin: Client, lerato: Staff) -> None:
    own = StaffSession.objects.get(staff__role=Role.ADMIN)

    assert admin.post(f"/staff/{lerato.pk}/sessions/{own.pk}/end/").status_code == 404
    assert admin.get("/staff/").status_code == 200


def test_ending_all_of_ones_own_keeps_this_browser(admin: Client) -> None:
    me, other = Staff.objects.get(), Client()
    other.force_login(me)

    admin.post(f"/staff/{me.pk}/sessions/end/")

    assert other.get("/")["Location"].startswith("/sign-in/")
    assert "this browser" in _page(admin, f"/staff/{me.pk}/")


def test_refused_sign_ins_stand_in_the_history(auditor: Client, lerato: Staff, now: datetime) -> None:
    somebody = Actor(name="lerato", address="203.0.113.9")
    signing.refused(Refusal.WRONG_PASSWORD, by=somebody, now=now, subject="lerato")

    page = _page(auditor, f"/staff/{lerato.pk}/")

    assert "was not let in" in page
    assert "Name and password did not belong together." in page
    assert "from 203.0.113.9" in page
