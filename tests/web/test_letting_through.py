"""The sheet for whoever runs a company's other mail systems."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client

from accounts import mailserver
from accounts.domain.dns.records import Purpose
from accounts.models import DnsCheck, HostFinding, MailDomain
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

HOST = "mail.metrosure.app"


@pytest.fixture(params=["0.15", "0.16"])
def server(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Simulator]:
    simulator = Simulator(generation=request.param, clock=clock)
    mailserver.use(simulator)
    yield simulator
    mailserver.forget()


@pytest.fixture
def known(now: datetime) -> MailDomain:
    """A domain whose records, host and keys were looked at."""
    keys = {"keys": [{"selector": "v1-rsa", "algorithm": "rsa"}], "policy": None}
    domain = MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now, keys=keys)
    records = [
        (["MX", "metrosure.app.", f"10 {HOST}."], Purpose.MX),
        (["TXT", "metrosure.app.", "v=spf1 mx -all"], Purpose.SPF),
    ]
    wanted = [[record, purpose, False, False] for record, purpose in records]
    DnsCheck.objects.create(domain=domain, checked_at=now, wanted=wanted)
    HostFinding.objects.create(
        host=HOST, check_name="ptr", name="198.51.100.24", verdict="ok", since=now, checked_at=now
    )
    return domain


def page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_it_names_what_has_to_be_let_through(server: Simulator, known: MailDomain, auditor: Client) -> None:
    shown = page(auditor, f"/domains/{known.pk}/sheet/")

    for fact in (HOST, "198.51.100.24", "v=spf1 mx -all", "v1-rsa._domainkey.metrosure.app"):
        assert fact in shown
    assert "The mail server hands it to the other servers itself." in shown


def test_it_is_a_file_too(server: Simulator, known: MailDomain, auditor: Client) -> None:
    answer = auditor.get(f"/domains/{known.pk}/sheet.txt")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="metrosure.app-mail.txt"'
    assert f"Mail hosts         {HOST}\n" in answer.content.decode()


def test_a_server_that_is_away_leaves_what_is_known(server: Simulator, known: MailDomain, auditor: Client) -> None:
    server.go_down()

    shown = page(auditor, f"/domains/{known.pk}/sheet/")

    assert "198.51.100.24" in shown
    assert "not known. The mail server does not answer." in shown


def test_nothing_known_is_said(server: Simulator, auditor: Client, now: datetime) -> None:
    new = MailDomain.objects.create(name="new.example", created_at=now)

    shown = page(auditor, f"/domains/{new.pk}/sheet/")

    assert "not known yet: DNS was not looked at" in shown
    assert "none: mail is not signed" in shown
    assert auditor.get("/domains/999/sheet/").status_code == 404
