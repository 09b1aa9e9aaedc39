"""Is mail moving? A part of the page of a mailbox and of a domain, and a page of its own without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from accounts import mailserver
from accounts.models import Account
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db

PART = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "flow"}
ENVELOPE = 'queueName = "local", from = "{}", to = ["{}"], size = 121, total = 1'


@pytest.fixture(params=["0.15", "0.16"])
def server(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Simulator]:
    simulator = Simulator(generation=request.param, clock=clock)
    mailserver.use(simulator)
    yield simulator
    mailserver.forget()


@pytest.fixture
def live(account: Account, server: Simulator, run: Callable[[], int]) -> Account:
    """Thandi's mailbox, made on the server."""
    mailserver.client().create_domain("metrosure.app")
    run()
    return account


def card(client: Client, path: str) -> str:
    return " ".join(client.get(path, **PART).content.decode().split())  # type: ignore[arg-type]


def test_it_says_when_mail_came_and_went(server: Simulator, live: Account, auditor: Client, clock: Clock) -> None:
    server.state.note("info", "Ingested", "message-ingest.ham", ENVELOPE.format("far@example.org", live.address))
    server.state.note("info", "Sent", "delivery.dsn-success", ENVELOPE.format(live.address, "far@example.org"))
    server.plant_message(live.address, ["full@example.org"])

    page = card(auditor, f"/accounts/{live.pk}/flow/")

    assert page.startswith("<section")
    assert '<dt>Receiving</dt> <dd class="num">yes, last 14:00</dd>' in page
    assert '<dt>Sending</dt> <dd class="num">yes, last 14:00</dd>' in page
    assert '<dt>Waiting</dt> <dd class="num"><a href="/queue/?account=' in page
    assert ">1 message</a></dd>" in page


def test_a_domain_says_it_for_all_its_mailboxes(server: Simulator, live: Account, auditor: Client) -> None:
    server.state.note("info", "Back", "delivery.dsn-perm-fail", ENVELOPE.format(live.address, "far@example.org"))

    page = card(auditor, f"/domains/{live.domain_id}/flow/")

    assert "no, the last one came back 14:00" in page
    assert "unknown, because the server&#x27;s log shows none lately" in page


def test_what_the_state_forbids_needs_no_log(server: Simulator, live: Account, auditor: Client, clock: Clock) -> None:
    ago = live.closes_at - clock.at
    Account.objects.update(starts_at=live.starts_at - ago, ends_at=live.ends_at - ago, closes_at=clock.at)

    page = card(auditor, f"/accounts/{live.pk}/flow/")

    assert "no, mail to it is refused" in page
    assert "no, sign-in is shut" in page


def test_a_server_that_is_away_makes_it_unknown_and_no_error(server: Simulator, live: Account, auditor: Client) -> None:
    server.go_down()

    page = card(auditor, f"/accounts/{live.pk}/flow/")

    assert page.count("unknown, because the mail server does not answer") == 3


def test_without_script_it_is_a_page(server: Simulator, live: Account, auditor: Client) -> None:
    account_page = auditor.get(f"/accounts/{live.pk}/").content.decode()

    assert f'href="/accounts/{live.pk}/flow/"' in account_page
    assert "<h1>Thandi Nkosi</h1>" in auditor.get(f"/accounts/{live.pk}/flow/").content.decode()
    assert "<h1>metrosure.app</h1>" in auditor.get(f"/domains/{live.domain_id}/flow/").content.decode()
    assert auditor.get("/domains/999/flow/").status_code == 404
