"""Notices: told once by mail, tried again, never held up by the mail server they may be about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from pytest_django.fixtures import Settings

from accounts import mailserver
from accounts.models import Notice, Operation, Staff, Status
from accounts.outbox import look_at_server
from accounts.services.notices import raise_notice, settle_notice
from stalwart_client import StalwartError
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


class Away(EmailBackend):
    """A mail system that hangs up."""

    def send_messages(self, _: object) -> int:
        raise SMTPServerDisconnected("palesa@metrosure.app was refused")


def stuck(now: datetime, **more: object) -> Notice | None:
    return raise_notice(
        "stuck_mail",
        key="queue",
        title="Mail is stuck",
        text="12 messages wait for more than an hour.",
        now=now,
        path="/queue/",
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def admin(now: datetime) -> Staff:
    return Staff.objects.create(username="sipho", email="sipho@metrosure.app", role="admin", created_at=now)


def test_it_goes_to_the_administrators_who_have_an_address(
    server: Simulator, admin: Staff, now: datetime, run: Callable[[], int]
) -> None:
    Staff.objects.create(username="lerato", email="lerato@metrosure.app", role="operator", created_at=now)
    Staff.objects.create(username="gone", email="gone@metrosure.app", role="admin", is_active=False, created_at=now)

    stuck(now)
    run()

    (message,) = mail.outbox
    assert message.recipients() == ["sipho@metrosure.app"]
    assert message.subject == "Metrosure: Mail is stuck"
    assert message.body == "12 messages wait for more than an hour.\n\nhttp://localhost:8000/queue/\n"
    assert Notice.objects.get().sent_at == now


def test_it_is_told_once_until_it_is_over(
    server: Simulator, admin: Staff, now: datetime, run: Callable[[], int]
) -> None:
    stuck(now)
    assert stuck(now) is None
    settle_notice("queue", now)
    stuck(now)
    run()

    assert len(mail.outbox) == 2


def test_a_named_person_is_told_instead(server: Simulator, admin: Staff, now: datetime, run: Callable[[], int]) -> None:
    stuck(now, to=["palesa@metrosure.app"])
    run()

    assert mail.outbox[0].recipients() == ["palesa@metrosure.app"]


def test_nobody_with_an_address_is_no_failure(server: Simulator, now: datetime, run: Callable[[], int]) -> None:
    stuck(now)
    run()

    assert (Operation.objects.get().status, Notice.objects.get().sent_at) == (Status.DONE, None)


def test_a_mail_system_that_is_away_is_tried_again_and_quoted_nowhere(
    server: Simulator,
    admin: Staff,
    clock: Clock,
    run: Callable[[], int],
    settings: Settings,
) -> None:
    usual, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, f"{__name__}.Away"
    stuck(clock())
    run()
    tried = Operation.objects.get()
    settings.EMAIL_BACKEND = usual
    clock.pass_(seconds=10)
    run()

    assert (tried.status, tried.error_code, tried.attempts) == (Status.PENDING, "not_sent", 1)
    assert tried.error == "The mail system did not take it (SMTPServerDisconnected)."
    assert len(mail.outbox) == 1


def test_it_goes_out_while_the_mail_server_refuses_the_panel(
    server: Simulator, admin: Staff, clock: Clock, run: Callable[[], int], settings: Settings
) -> None:
    settings.STALWART_USER, settings.STALWART_PASSWORD = "admin", "wrong"
    mailserver.use(server)
    with pytest.raises(StalwartError):
        look_at_server(clock())

    stuck(clock())
    run()

    assert len(mail.outbox) == 1
