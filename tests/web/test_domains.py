"""The page of mail domains."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts import mailserver
from accounts.models import Account, MailDomain
from stalwart_client import Unreachable
from stalwart_client.simulator import Simulator

pytestmark = pytest.mark.django_db


def _page(client: Client, path: str = "/domains/") -> str:
    return " ".join(client.get(path).content.decode().split())


def test_it_lists_domains_with_their_mailboxes(auditor: Client, account: Account) -> None:
    page = _page(auditor)

    assert "metrosure.app" in page
    assert "1 mailbox, 1 active" in page
    assert "Add a domain" not in page


def test_a_domain_is_made_on_the_server_at_once(admin: Client, quiet_server: Simulator) -> None:
    answer = admin.post("/domains/new/", {"name": " Shop.Metrosure.app ", "description": "Shoppers"}, follow=True)

    assert "shop.metrosure.app is there." in answer.content.decode()
    assert [domain.name for domain in mailserver.client().domains()] == ["shop.metrosure.app"]


@pytest.mark.parametrize(("name", "says"), [("", "Fill this in."), ("no domain", "This is not a mail domain.")])
def test_a_wrong_name_is_explained(name: str, says: str, admin: Client) -> None:
    answer = admin.post("/domains/new/", {"name": name})

    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_a_server_that_is_away_gets_it_later(
    admin: Client, quiet_server: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unreachable("The mail server did not answer.")

    monkeypatch.setattr("stalwart_client.StalwartClient.create_domain", away)

    answer = admin.post("/domains/new/", {"name": "shop.metrosure.app"}, follow=True)

    page = " ".join(answer.content.decode().split())
    assert "recorded, and made as soon as the mail server answers" in page
    assert "Tried once, next try" in page
    assert "Try again" in page
    assert not MailDomain.objects.get().is_on_server
