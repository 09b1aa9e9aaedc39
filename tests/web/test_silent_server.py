"""A mail server that hangs: one page waits for it, those that follow do not, and it is seen as soon as it is back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import mailserver
from accounts.mailserver.presence import STILL_SILENT
from accounts.models import MailDomain, Operation, Pulse, Status
from stalwart_client.simulator import Simulator
from stalwart_client.simulator.http import Request, Response
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

PAGES = [
    "/queue/",
    "/queue/?account=ana@metrosure.app",
    "/addresses/",
    "/addresses/blocked/",
    "/domains/{}/",
    "/domains/{}/flow/",
    "/domains/{}/sheet/",
]


class Hanging:
    """Takes every connection and answers none."""

    def __init__(self) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.setblocking(False)
        self._taken: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.getsockname()[1]}"

    def connections(self) -> int:
        """Count who has come so far."""
        with suppress(BlockingIOError):
            while True:
                self._taken.append(self._door.accept()[0])
        return len(self._taken)

    def close(self) -> None:
        for each in (self._door, *self._taken):
            each.close()


@pytest.fixture
def hanging(settings: Settings) -> Iterator[Hanging]:
    server = Hanging()
    mailserver.forget()
    settings.STALWART_URL = server.url
    settings.PAGE_TIMEOUT = settings.KNOCK_TIMEOUT = timedelta(milliseconds=30)
    yield server
    mailserver.forget()
    server.close()


@pytest.fixture
def there(now: datetime, db: None) -> MailDomain:
    return MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)


def _text(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_one_page_waits_and_all_others_open_at_once(
    hanging: Hanging, there: MailDomain, admin: Client, clock: Clock
) -> None:
    admin.get("/queue/")
    waited = hanging.connections()
    clock.pass_(seconds=1)

    pages = [_text(admin, path.format(there.pk)) for path in PAGES]

    assert (waited, hanging.connections()) == (2, 2)
    assert all("The mail server has not answered since 14:00." in page for page in pages)
    assert "Nothing waits" not in pages[0]


@pytest.mark.parametrize("path", PAGES)
def test_later_it_is_only_knocked_at(
    hanging: Hanging, there: MailDomain, admin: Client, clock: Clock, path: str
) -> None:
    admin.get("/queue/")
    before = hanging.connections()
    clock.at += STILL_SILENT

    page = _text(admin, path.format(there.pk))

    assert hanging.connections() - before == 1
    assert "The mail server has not answered since 14:00." in page


def test_a_new_domain_does_not_wait_for_it(hanging: Hanging, admin: Client) -> None:
    asked = admin.post("/domains/new/", {"name": "agents.example", "description": ""}, follow=True)

    assert "agents.example is recorded, and made as soon as the mail server answers." in asked.content.decode()
    assert hanging.connections() == 1
    assert Operation.objects.get().status == Status.PENDING


def test_neither_does_one_that_is_given_up(hanging: Hanging, there: MailDomain, admin: Client) -> None:
    path = f"/domains/{there.pk}/delete/"
    asked = admin.post(path, {"reason": "Not ours", "typed": "metrosure.app"}, follow=True)

    assert "metrosure.app is deleted, or will be as soon as the mail server answers." in asked.content.decode()
    assert hanging.connections() == 1


def test_one_that_is_back_is_seen_within_seconds(quiet_server: Simulator, admin: Client, clock: Clock) -> None:
    quiet_server.go_down()
    assert "The mail server does not answer." in _text(admin, "/queue/")
    quiet_server.come_up()
    assert "The mail server does not answer." in _text(admin, "/queue/")

    clock.at += STILL_SILENT
    page = _text(admin, "/queue/")

    assert "Nothing waits" in page
    assert "The mail server" not in page.partition("<main")[2].partition("Nothing waits")[0]
    assert Pulse.objects.get(name="server").is_well


def test_one_question_that_takes_long_makes_no_banner(quiet_server: Simulator, admin: Client) -> None:
    mailserver.client().create_domain("metrosure.app")
    mailserver.client(timedelta(seconds=2)).knock()
    quiet_server.fail_next(504, times=3)

    slow, next_one = _text(admin, "/queue/"), _text(admin, "/queue/")

    assert "The mail server does not answer." in slow
    assert "has not answered since" not in slow
    assert "Nothing waits" in next_one


def test_refused_credentials_are_not_shown_again_by_each_page(
    quiet_server: Simulator, admin: Client, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refusal counts towards a ban of the panel's address."""
    refused, answer = [], quiet_server.handle

    def handle(request: Request) -> Response:
        response = answer(request)
        refused.append(response.status == 401 and "authorization" in request.headers)
        return response

    monkeypatch.setattr(quiet_server, "handle", handle)
    settings.STALWART_USER, settings.STALWART_PASSWORD = "admin", "the old one"
    mailserver.use(quiet_server)

    for path in ("/queue/", "/addresses/", "/addresses/blocked/"):
        assert "The mail server does not accept the panel&#x27;s own sign-in." in _text(admin, path)
        clock.pass_(seconds=60)

    assert sum(refused) == 1
