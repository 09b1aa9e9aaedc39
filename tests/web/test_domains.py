"""The pages of mail domains."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import mailserver, outbox
from accounts.models import Account, MailDomain, Operation
from stalwart_client import Unreachable
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db


def _page(client: Client, path: str = "/domains/") -> str:
    return " ".join(client.get(path).content.decode().split())


@pytest.fixture
def thandi(quiet_server: Simulator, clock: Clock) -> Account:
    """An account whose mailbox is there, in metrosure.app."""
    mailserver.client().create_domain("metrosure.app")
    account = make_account(now=clock())
    while outbox.work(clock):
        pass
    account.refresh_from_db()
    return account


def test_it_lists_domains_with_their_mailboxes(auditor: Client, account: Account) -> None:
    page = _page(auditor)

    assert "metrosure.app" in page
    assert "1 mailbox, 1 active" in page
    assert "Add a domain" not in page


def test_fifty_domains_cost_no_more_queries_than_one(auditor: Client, now: datetime) -> None:
    counts = []
    for number in (1, 50):
        for n in range(number):
            MailDomain.objects.get_or_create(name=f"d{n}.example", defaults={"created_at": now, "seen_at": now})
        with CaptureQueriesContext(connection) as queries:
            assert f"{number} domain" in _page(auditor)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_empty_list_teaches_the_next_step(admin: Client, auditor: Client) -> None:
    assert "Add the first domain" in _page(admin)
    assert "Add the first domain" not in _page(auditor)


def test_a_domain_is_made_on_the_server_at_once(admin: Client, quiet_server: Simulator) -> None:
    answer = admin.post("/domains/new/", {"name": " Shop.Metrosure.app ", "description": "Shoppers"}, follow=True)

    assert "shop.metrosure.app is there." in answer.content.decode()
    assert [domain.name for domain in mailserver.client().domains()] == ["shop.metrosure.app"]


def test_a_domain_in_another_script_is_shown_as_people_write_it(admin: Client, quiet_server: Simulator) -> None:
    answer = admin.post("/domains/new/", {"name": "Bücher.org"}, follow=True)

    page = answer.content.decode()
    assert "bücher.org is there." in page
    assert "xn--bcher-kva.org" in page
    assert [domain.name for domain in mailserver.client().domains()] == ["xn--bcher-kva.org"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "Fill this in."),
        ("no domain", "This is not a mail domain."),
        ("gmail.com", "belongs to a mail provider"),
        ("x" * 64 + ".example", "This is not a mail domain."),
    ],
)
def test_a_wrong_name_is_explained_and_stays(name: str, says: str, admin: Client) -> None:
    answer = admin.post("/domains/new/", {"name": name, "description": "Kept"})

    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert 'value="Kept"' in answer.content.decode()


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


def test_trying_again_leads_back_to_the_domain(admin: Client, quiet_server: Simulator) -> None:
    quiet_server.go_down()
    admin.post("/domains/new/", {"name": "shop.metrosure.app"})
    operation = Operation.objects.get()

    answer = admin.post(f"/domains/operations/{operation.pk}/retry/")

    assert answer["Location"] == f"/domains/{operation.domain_id}/"


def test_a_domain_that_is_not_there_has_no_page(admin: Client) -> None:
    assert admin.get("/domains/4711/").status_code == 404


def test_it_is_described(admin: Client, thandi: Account, clock: Clock) -> None:
    path = f"/domains/{thandi.domain_id}/"

    admin.post(f"{path}describe/", {"description": "Field teams"})
    while outbox.work(clock):
        pass

    assert "Field teams" in _page(admin, path)
    assert mailserver.client().domain("metrosure.app").description == "Field teams"


def test_a_catch_all_is_chosen_and_taken_away(admin: Client, thandi: Account, clock: Clock) -> None:
    path = f"/domains/{thandi.domain_id}/"

    assert thandi.address in _page(admin, f"{path}catch-all/")
    admin.post(f"{path}catch-all/", {"address": thandi.address})
    while outbox.work(clock):
        pass
    assert mailserver.client().mailbox(thandi.address).catch_all == ("metrosure.app",)
    assert "Goes to one mailbox" in _page(admin, path)

    admin.post(f"{path}catch-all/", {"address": ""})
    while outbox.work(clock):
        pass
    assert mailserver.client().mailbox(thandi.address).catch_all == ()
    assert "None: mail to addresses that nobody has bounces" in _page(admin, path)


def test_a_catch_all_that_is_nobody_is_explained(admin: Client, thandi: Account) -> None:
    answer = admin.post(f"/domains/{thandi.domain_id}/catch-all/", {"address": "nobody@metrosure.app"})

    assert answer.status_code == 422
    assert "There is no account nobody@metrosure.app." in answer.content.decode()


def test_one_in_use_names_who_uses_it(admin: Client, thandi: Account) -> None:
    page = _page(admin, f"/domains/{thandi.domain_id}/delete/")

    assert f'href="/accounts/{thandi.pk}/"' in page
    assert "It cannot be deleted yet" in page
    assert ">Delete the domain</button>" not in page


def test_what_only_the_server_knows_of_is_named_too(admin: Client, quiet_server: Simulator, now: datetime) -> None:
    mailserver.client().create_domain("metrosure.app")
    mailserver.client().lists.create("all@metrosure.app", members=["x@example.org"])
    domain = MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)

    answer = admin.post(f"/domains/{domain.pk}/delete/", {"reason": "Not ours", "typed": "metrosure.app"})

    assert answer.status_code == 422
    assert "all@metrosure.app" in answer.content.decode()
    assert "Not ours" in answer.content.decode()


@pytest.mark.parametrize(
    ("typed", "says"),
    [("metrosure.ap", "This is another domain than"), ("", "Type the name")],
)
def test_deleting_needs_the_name(typed: str, says: str, admin: Client, now: datetime) -> None:
    domain = MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)

    answer = admin.post(f"/domains/{domain.pk}/delete/", {"reason": "Not ours", "typed": typed})

    assert (answer.status_code, says in answer.content.decode()) == (422, True)
    assert MailDomain.objects.get().is_wanted


def test_an_unused_one_is_deleted(admin: Client, quiet_server: Simulator, now: datetime) -> None:
    mailserver.client().create_domain("bücher.org")
    domain = MailDomain.objects.create(name="xn--bcher-kva.org", created_at=now, seen_at=now)

    answer = admin.post(f"/domains/{domain.pk}/delete/", {"reason": "Not ours", "typed": "bücher.org"}, follow=True)

    assert "bücher.org is deleted" in answer.content.decode()
    assert list(mailserver.client().domains()) == []
    assert admin.get(f"/domains/{domain.pk}/").status_code == 404
