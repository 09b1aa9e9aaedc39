"""Signing in, out, and choosing an own password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.audit import Action
from accounts.domain.people import Role
from accounts.models import AuditEvent, Staff
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "seven grey ponies by the lake"


@pytest.fixture
def person(staff: Callable[[Role], Staff]) -> Staff:
    return staff(Role.OPERATOR)


def _sign_in(username: str, password: str, **more: str) -> tuple[Client, int, str]:
    client = Client()
    answer = client.post(reverse("sign-in"), {"username": username, "password": password, **more})
    return client, answer.status_code, answer.headers.get("Location", "")


def test_it_lets_staff_in_and_says_so_in_the_log(person: Staff) -> None:
    client, status, location = _sign_in(" Operator.Khumalo ", PASSWORD)

    assert (status, location) == (302, "/")
    assert client.get("/").status_code == 200
    assert AuditEvent.objects.get().action == Action.SIGNED_IN


@pytest.mark.parametrize("name", ["operator.khumalo", "nobody.here"])
def test_it_never_says_which_part_was_wrong(name: str, person: Staff) -> None:
    client = Client()

    answer = client.post(reverse("sign-in"), {"username": name, "password": "wrong"})

    assert answer.status_code == 422
    assert "This name and password do not belong together" in answer.content.decode()
    assert AuditEvent.objects.get().action == Action.SIGN_IN_REFUSED


def test_somebody_who_left_is_not_let_in(person: Staff) -> None:
    Staff.objects.update(is_active=False)

    assert _sign_in("operator.khumalo", PASSWORD)[1] == 422


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        pytest.param("/audit/?actor=x", "/audit/?actor=x", id="a page of ours"),
        pytest.param("https://evil.example/", "/", id="another site"),
        pytest.param("//evil.example/", "/", id="another site without a scheme"),
        pytest.param("javascript:alert(1)", "/", id="a script"),
    ],
)
def test_it_leads_on_within_the_panel_only(to: str, leads: str, person: Staff) -> None:
    assert _sign_in("operator.khumalo", PASSWORD, next=to)[2] == leads


def test_signing_out_wants_a_post(operator: Client) -> None:
    assert operator.get(reverse("sign-out")).status_code == 405
    assert operator.post(reverse("sign-out"))["Location"] == reverse("sign-in")
    assert operator.get("/").status_code == 302


def test_an_own_password_opens_the_panel(operator: Client) -> None:
    Staff.objects.update(must_change_password=True)

    answer = operator.post(reverse("own-password"), {"current": PASSWORD, "password": NEW, "again": NEW})

    assert answer["Location"] == "/"
    assert operator.get("/").status_code == 200
    assert Staff.objects.get().check_password(NEW)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        pytest.param({"current": "no"}, "This is not the password you have now.", id="old one wrong"),
        pytest.param({"again": "other"}, "This differs from the line above.", id="typed differently"),
        pytest.param({"password": "short", "again": "short"}, "too short", id="too short"),
        pytest.param({"password": PASSWORD, "again": PASSWORD}, "Choose a new password", id="the same"),
    ],
)
def test_a_wrong_own_password_is_explained(sent: dict[str, str], says: str, operator: Client) -> None:
    answer = operator.post(reverse("own-password"), {"current": PASSWORD, "password": NEW, "again": NEW, **sent})

    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_the_password_one_has_cannot_be_guessed_here_either(operator: Client) -> None:
    wrong = {"current": "no", "password": NEW, "again": NEW}
    answers = [operator.post(reverse("own-password"), wrong).status_code for _ in range(31)]

    assert (answers[29], answers[30]) == (422, 429)


def test_light_or_dark_is_kept_without_script() -> None:
    client = Client()

    answer = client.post(reverse("theme"), {"theme": "dark", "next": reverse("sign-in")})

    assert answer["Location"] == reverse("sign-in")
    assert 'data-bs-theme="dark"' in client.get(reverse("sign-in")).content.decode()


def test_another_theme_than_ours_is_not_kept() -> None:
    assert "theme" not in Client().post(reverse("theme"), {"theme": '"><script>'}).cookies
