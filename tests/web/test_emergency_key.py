"""The password of the panel with its second factor: for whom, and what wrong ones do."""

from __future__ import annotations

import hmac
import re
import struct
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.audit import Action
from accounts.domain.people import Actor, Role
from accounts.models import AuditEvent, Authenticator, Notice, RecoveryCode, Staff
from accounts.services import factors
from tests.conftest import Clock
from tests.provider import Provider, sign_in
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
FORM = {"username": "admin.khumalo", "password": PASSWORD}


@pytest.fixture
def person(staff: Callable[[Role], Staff]) -> Staff:
    return staff(Role.ADMIN)


@pytest.fixture
def named(person: Staff, provider: Provider) -> Staff:
    """Somebody with the emergency key, where the company's sign-in is set up."""
    Staff.objects.update(is_local=True)
    return person


@pytest.fixture
def codes(person: Staff, clock: Clock, hr: Actor) -> list[str]:
    """A second factor that is on; these are its recovery codes."""
    factors.begin_factor(person)
    made = factors.confirm_factor(person, code=app_code(clock), by=hr, now=clock())
    clock.pass_(seconds=30)
    return made


def app_code(clock: Clock) -> str:
    """What the app shows now (RFC 6238), reckoned here on its own."""
    key = bytes.fromhex(Authenticator.objects.get().key)
    digest = hmac.new(key, struct.pack(">Q", int(clock().timestamp()) // 30), "sha1").digest()
    offset = digest[-1] & 15
    number: int = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def _post(client: Client, path: str, sent: dict[str, Any]) -> tuple[int, str, str]:
    answer = client.post(path, sent)
    return answer.status_code, answer.headers.get("Location", ""), " ".join(answer.content.decode().split())


def test_without_a_provider_a_password_is_enough(person: Staff) -> None:
    client = Client()

    assert _post(client, "/sign-in/", FORM)[:2] == (302, "/")
    assert client.get("/").status_code == 200
    assert not Notice.objects.exists()


def test_with_a_provider_only_named_people_have_a_key(person: Staff, provider: Provider) -> None:
    status, _, page = _post(Client(), "/sign-in/", FORM)

    assert status == 422
    assert "This name and password do not belong together" in page
    assert '<details class="fold" open>' in page


def test_the_first_use_sets_up_the_second_factor_before_anything_else(named: Staff, clock: Clock) -> None:
    client = Client()
    _post(client, "/sign-in/", FORM)

    assert client.get("/accounts/")["Location"] == reverse("second-factor")
    page = client.get(reverse("second-factor"))
    assert b"<svg" in page.content
    assert not re.search(rb"\sstyle=", page.content)
    assert page["Cache-Control"] == "no-store"
    status, _, shown = _post(client, reverse("second-factor"), {"code": app_code(clock)})
    assert status == 200
    assert len(re.findall(r"<li>(?:[A-Z2-9]{4}-){3}[A-Z2-9]{4}</li>", shown)) == 10
    assert client.get("/accounts/").status_code == 200
    assert AuditEvent.objects.filter(action=Action.SECOND_FACTOR_SET).count() == 1


def test_every_use_is_told_to_the_administrators(named: Staff, codes: list[str], clock: Clock) -> None:
    for _ in range(2):
        _post(Client(), "/sign-in/", {**FORM, "code": app_code(clock)})
        clock.pass_(seconds=30)

    assert [notice.title for notice in Notice.objects.all()] == ["admin.khumalo signed in with the emergency key"] * 2
    assert AuditEvent.objects.filter(action=Action.EMERGENCY_KEY_USED).count() == 2


def test_the_code_can_come_after_the_password(person: Staff, codes: list[str], clock: Clock) -> None:
    client = Client()

    status, location, _ = _post(client, "/sign-in/?next=/audit/", FORM)

    assert (status, location) == (302, "/sign-in/code/?next=%2Faudit%2F")
    assert client.get("/").status_code == 302
    assert _post(client, location, {"code": f"{app_code(clock)[:3]} {app_code(clock)[3:]}"})[:2] == (302, "/audit/")
    assert client.get("/").status_code == 200


def test_the_password_is_forgotten_after_five_minutes(person: Staff, codes: list[str], clock: Clock) -> None:
    client = Client()
    _post(client, "/sign-in/", FORM)
    clock.pass_(seconds=301)

    assert _post(client, "/sign-in/code/", {"code": app_code(clock)})[:2] == (302, "/sign-in/")
    assert client.get("/").status_code == 302


def test_nobody_starts_with_the_code(codes: list[str], clock: Clock) -> None:
    assert _post(Client(), "/sign-in/code/", {"code": app_code(clock)})[:2] == (302, "/sign-in/")


def test_a_code_works_once(person: Staff, codes: list[str], clock: Clock) -> None:
    code = app_code(clock)
    _post(Client(), "/sign-in/", {**FORM, "code": code})

    status, _, page = _post(Client(), "/sign-in/", {**FORM, "code": code})

    assert status == 422
    assert "This code is not right, or was used already" in page


@pytest.mark.parametrize("code", ["000000", "\u0660" * 6, "-12345", "1e5", "abc", "0" * 40, "\x00"])
def test_another_code_is_refused(code: str, person: Staff, codes: list[str], clock: Clock) -> None:
    status, _, _ = _post(Client(), "/sign-in/", {**FORM, "code": code})

    assert status == 422


def test_wrong_codes_make_the_next_try_wait(person: Staff, codes: list[str], clock: Clock) -> None:
    for _ in range(3):
        _post(Client(), "/sign-in/", {**FORM, "code": "000000"})
        clock.pass_(seconds=4)
    _post(Client(), "/sign-in/", {**FORM, "code": "000000"})

    status, _, page = _post(Client(), "/sign-in/", {**FORM, "code": app_code(clock)})

    assert status == 422
    assert "Too many wrong tries" in page
    clock.pass_(seconds=60)
    assert _post(Client(), "/sign-in/", {**FORM, "code": app_code(clock)})[0] == 302


def test_a_recovery_code_stands_in_once(person: Staff, codes: list[str], clock: Clock) -> None:
    assert _post(Client(), "/sign-in/", {**FORM, "code": codes[0].lower().replace("-", " ")})[0] == 302
    assert _post(Client(), "/sign-in/", {**FORM, "code": codes[0]})[0] == 422
    assert factors.codes_left(person) == 9
    event = AuditEvent.objects.get(action=Action.RECOVERY_CODE_USED)
    assert event.detail.after == {"codes_left": 9}


def test_new_recovery_codes_end_the_old_ones(person: Staff, codes: list[str], clock: Clock) -> None:
    client = Client()
    client.force_login(person)

    assert "10 recovery codes left" in " ".join(client.get(reverse("second-factor")).content.decode().split())
    client.post(reverse("second-factor"))

    assert _post(Client(), "/sign-in/", {**FORM, "code": codes[0]})[0] == 422
    assert RecoveryCode.objects.count() == 10


def test_neither_key_nor_codes_stand_in_the_database_in_clear(codes: list[str]) -> None:
    device = Authenticator.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM accounts_authenticator")
        stored = cursor.fetchone()[0]

    assert device.key not in stored
    assert not {code.replace("-", "") for code in codes} & set(RecoveryCode.objects.values_list("digest", flat=True))


def test_five_wrong_passwords_shut_one_name_from_one_address(
    person: Staff, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # django-axes keeps a name of its own for the clock.
    monkeypatch.setattr("axes.handlers.proxy.now", clock)
    for _ in range(5):
        last = _post(Client(), "/sign-in/", {**FORM, "password": "wrong"})

    assert last[0] in {422, 429}
    status, _, page = _post(Client(), "/sign-in/", FORM)
    assert status == 429
    assert "Wait 15 minutes" in page
    assert 'value="admin.khumalo"' in page
    assert PASSWORD not in page
    clock.pass_(seconds=15 * 60 + 1)
    assert _post(Client(), "/sign-in/", FORM)[0] == 302


def test_a_shut_name_shuts_nobody_else(
    person: Staff, staff: Callable[[Role], Staff], provider: Provider, settings: Settings
) -> None:
    staff(Role.OPERATOR)
    Staff.objects.update(is_local=True)
    settings.REQUIRE_OTP = False
    for _ in range(6):
        _post(Client(), "/sign-in/", {**FORM, "password": "wrong"})

    assert _post(Client(), "/sign-in/", {**FORM, "username": "operator.khumalo"})[0] == 302
    assert Client(REMOTE_ADDR="10.9.9.9").post("/sign-in/", FORM).status_code == 302
    assert sign_in(Client(), provider).status_code == 302


def test_refused_company_sign_ins_shut_no_password(named: Staff, provider: Provider, settings: Settings) -> None:
    settings.REQUIRE_OTP = False
    provider.people["u1"]["groups"] = []
    for _ in range(7):
        sign_in(Client(), provider)

    assert _post(Client(), "/sign-in/", FORM)[0] == 302


def test_an_address_that_asks_all_the_time_must_wait(person: Staff) -> None:
    for number in range(300):
        Client().post("/sign-in/", {"username": f"x{number}", "password": ""})

    answer = Client().post("/sign-in/", FORM)

    assert answer.status_code == 429
    assert answer["Retry-After"] == "300"
    assert "asked for too often" in answer.content.decode()
    assert Client(REMOTE_ADDR="10.9.9.9").post("/sign-in/", FORM).status_code == 302


def test_who_lost_phone_and_codes_is_reset_and_signed_out(
    person: Staff, codes: list[str], hr: Actor, clock: Clock
) -> None:
    client = Client()
    client.force_login(person)

    factors.reset_factor("Admin.Khumalo", by=hr, now=clock())

    assert client.get("/").status_code == 302
    assert not Authenticator.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert _post(Client(), "/sign-in/", FORM)[0] == 302


def test_a_factor_that_no_key_opens_lets_nobody_in_and_comes_back(
    person: Staff, codes: list[str], clock: Clock, settings: Settings
) -> None:
    earlier, settings.FIELD_KEYS = settings.FIELD_KEYS, [Fernet.generate_key().decode()]

    assert not Authenticator.objects.get().verify_token(app_code(clock))  # which is now that of an empty key

    settings.FIELD_KEYS = earlier
    assert Authenticator.objects.get().verify_token(app_code(clock))
