"""Before what cannot be undone the panel asks who it is, and gives back what was filled in."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts.domain.people import Actor, Role
from accounts.models import Account, AuditEvent, Authenticator, Staff
from accounts.services import factors, lifecycle
from tests.conftest import Clock
from tests.factories import make_account
from tests.provider import Provider, begin, come_back, sign_in
from tests.web.conftest import PASSWORD
from tests.web.test_emergency_key import app_code

pytestmark = pytest.mark.django_db
LATER = 11 * 60


@pytest.fixture
def due(clock: Clock, hr: Actor) -> Account:
    """An account that may be purged."""
    account = make_account(now=clock())
    clock.pass_(days=50)
    lifecycle.sweep(now=clock())
    clock.pass_(days=90)
    account.refresh_from_db()
    return account


@pytest.fixture
def form(due: Account) -> dict[str, str]:
    return {"reason": "Asked for by the client", "typed": due.address, "version": str(due.version)}


def _path(due: Account) -> str:
    return f"/accounts/{due.pk}/purge/"


def _asked(location: str) -> str:
    """Return where the question leads back to."""
    assert urlsplit(location).path == "/step-up/"
    return parse_qs(urlsplit(location).query)["next"][0]


@pytest.fixture
def late(due: Account, signed_in: Callable[[Role], Client], clock: Clock) -> Client:
    """An administrator who signed in more than ten minutes ago."""
    client = signed_in(Role.ADMIN)
    clock.pass_(seconds=LATER)
    return client


def test_a_sign_in_of_just_now_is_enough(
    form: dict[str, str], due: Account, signed_in: Callable[[Role], Client]
) -> None:
    fresh = signed_in(Role.ADMIN)

    assert fresh.post(_path(due), form)["Location"] == f"/accounts/{due.pk}/"
    due.refresh_from_db()
    assert due.state == "purged"


def test_later_the_password_is_asked_and_nothing_is_lost(late: Client, form: dict[str, str], due: Account) -> None:
    back = _asked(late.post(_path(due), form)["Location"])
    question = late.get(f"/step-up/?next={back}").content.decode()
    assert "What you filled in is kept." in question
    assert "Your password for this panel" in question
    answer = late.post("/step-up/", {"password": PASSWORD, "next": back})
    page = late.get(answer["Location"]).content.decode()

    due.refresh_from_db()
    assert due.state == "closed"
    assert answer["Location"].startswith(_path(due))
    assert "Asked for by the client" in page
    assert f'value="{due.address}"' in page
    assert late.post(_path(due), form).status_code == 302
    due.refresh_from_db()
    assert due.state == "purged"


def test_looking_at_the_question_is_free(late: Client, due: Account) -> None:
    assert late.get(_path(due)).status_code == 200


def test_a_dialog_leads_the_whole_page_to_the_question(late: Client, form: dict[str, str], due: Account) -> None:
    answer = late.post(_path(due), form, headers={"HX-Request": "true", "HX-Target": "dialog"})

    assert _asked(answer["HX-Redirect"]).startswith(_path(due))


def test_a_wrong_password_opens_nothing(late: Client, form: dict[str, str], due: Account) -> None:
    answer = late.post("/step-up/", {"password": "wrong", "next": "/"})

    assert answer.status_code == 422
    assert "This is not your password." in answer.content.decode()
    assert late.post(_path(due), form)["Location"].startswith("/step-up/")
    assert AuditEvent.objects.latest("pk").detail.after == {"refused": "wrong_password"}


def test_wrong_passwords_are_counted_as_at_the_sign_in(late: Client) -> None:
    answers = [late.post("/step-up/", {"password": "wrong", "next": "/"}) for _ in range(6)]

    assert answers[-1].status_code == 429
    assert "Too many tries" in answers[-1].content.decode()
    assert late.get("/").status_code == 200


def test_the_key_of_the_session_changes_with_the_answer(late: Client) -> None:
    before = late.cookies["session"].value

    late.post("/step-up/", {"password": PASSWORD, "next": "/"})

    assert late.cookies["session"].value != before
    assert late.get("/").status_code == 200


def test_what_was_kept_belongs_to_one_browser_and_ends(
    late: Client, form: dict[str, str], due: Account, clock: Clock
) -> None:
    back = _asked(late.post(_path(due), form)["Location"])
    other = Client()
    other.force_login(Staff.objects.get())

    assert "Asked for by the client" not in other.get(back).content.decode()
    clock.pass_(seconds=16 * 60)
    assert "Asked for by the client" not in late.get(back).content.decode()


def test_with_an_app_its_code_is_asked(late: Client, hr: Actor, clock: Clock) -> None:
    person = Staff.objects.get()
    factors.begin_factor(person)
    factors.confirm_factor(person, code=app_code(clock), by=hr, now=clock())
    clock.pass_(seconds=30)

    assert "Your password" not in late.get("/step-up/").content.decode()
    assert late.post("/step-up/", {"password": PASSWORD, "next": "/audit/"}).status_code == 422
    assert late.post("/step-up/", {"code": app_code(clock), "next": "/audit/"})["Location"] == "/audit/"
    assert Authenticator.objects.get().last_t > 0


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/"])
def test_it_leads_on_within_the_panel_only(to: str, late: Client) -> None:
    assert late.post("/step-up/", {"password": PASSWORD, "next": to})["Location"] == "/"


@pytest.fixture
def boss(provider: Provider, due: Account, clock: Clock) -> Client:
    """An administrator of the company's sign-in, who came a while ago."""
    provider.people["u1"]["groups"] = ["mail-admins"]
    client = Client()
    sign_in(client, provider)
    clock.pass_(seconds=LATER)
    return client


def test_the_provider_is_asked_for_a_new_sign_in(
    boss: Client, provider: Provider, form: dict[str, str], due: Account
) -> None:
    back = _asked(boss.post(_path(due), form)["Location"])
    question = boss.get(f"/step-up/?next={back}").content.decode()
    assert "Sign in again with Metrosure" in question
    assert 'type="password"' not in question
    request = begin(boss, ask="confirm", next=back)
    assert request["prompt"] == "login"
    answer = come_back(boss, code=provider.log_in(request, "u1"), state=request["state"])

    assert "Asked for by the client" in boss.get(answer["Location"]).content.decode()
    assert boss.post(_path(due), form).status_code == 302
    due.refresh_from_db()
    assert due.state == "purged"


def test_a_provider_that_ignores_the_wish_is_not_believed(
    boss: Client, provider: Provider, form: dict[str, str], due: Account, clock: Clock
) -> None:
    provider.changed = {"auth_time": int(clock().timestamp()) - LATER}

    answer = sign_in(boss, provider, ask="confirm")

    assert answer.status_code == 403
    assert "You were not asked to sign in again" in answer.content.decode()
    assert boss.post(_path(due), form)["Location"].startswith("/step-up/")
    assert boss.get("/").status_code == 200


@pytest.mark.parametrize("auth_time", [None, "now", True, -1, 10**12])
def test_a_time_that_is_none_proves_nothing(
    auth_time: object, boss: Client, provider: Provider, form: dict[str, str], due: Account
) -> None:
    provider.changed = {"auth_time": auth_time}

    assert sign_in(boss, provider, ask="confirm").status_code == 403


def test_somebody_else_cannot_confirm(boss: Client, provider: Provider, form: dict[str, str], due: Account) -> None:
    provider.people["u2"] = {**provider.people["u1"], "preferred_username": "riaan"}
    before = boss.cookies["session"].value

    answer = sign_in(boss, provider, "u2", ask="confirm")

    assert answer.status_code == 403
    assert "Somebody else answered" in answer.content.decode()
    assert boss.cookies["session"].value == before
    assert boss.post(_path(due), form)["Location"].startswith("/step-up/")


def test_the_quiet_question_confirms_nothing(
    boss: Client, provider: Provider, form: dict[str, str], due: Account
) -> None:
    sign_in(boss, provider, ask="check")

    assert boss.post(_path(due), form)["Location"].startswith("/step-up/")
