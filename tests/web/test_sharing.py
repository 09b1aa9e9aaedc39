"""Groups, mailing lists and blocked addresses: shown from the mail server, changed through the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from accounts import mailserver
from accounts.models import Account, AuditEvent, MailDomain, Operation, Status
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


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


def text(client: Client, path: str) -> str:
    return " ".join(client.get(path, follow=True).content.decode().split())


def the_list(**more: str) -> dict[str, str]:
    return {"address_0": "north", "address_1": "metrosure.app", "name": "North", "members": "ana@example.org", **more}


def test_a_list_is_made_shown_changed_and_deleted(
    server: Simulator, live: Account, admin: Client, run: Callable[[], int]
) -> None:
    asked = admin.post("/addresses/lists/new/", the_list(members=f"ana@example.org\n{live.address}"), follow=True)
    assert "north@metrosure.app is being set up." in asked.content.decode()
    assert "Take over the mailing list" in asked.content.decode()
    run()
    page = text(admin, "/addresses/")
    assert "North" in page
    assert "2 members" in page

    shown = text(admin, "/addresses/lists/north@metrosure.app/")
    assert f'href="/accounts/{live.pk}/"' in shown
    assert "not one of our mailboxes" in shown

    admin.post("/addresses/lists/north@metrosure.app/change/", {"name": "The North", "members": "ben@example.org"})
    run()
    assert mailserver.client().lists.at("north@metrosure.app").members == ("ben@example.org",)

    admin.post("/addresses/lists/north@metrosure.app/delete/", {"reason": "The campaign is over."})
    run()
    assert mailserver.client().lists.all() == []
    assert list(AuditEvent.objects.filter(detail__subject="north@metrosure.app").values_list("action", flat=True)) == [
        "list_changed",
        "list_changed",
        "list_deleted",
    ]


def test_a_group_takes_mailboxes_of_the_server(
    server: Simulator, live: Account, admin: Client, run: Callable[[], int]
) -> None:
    admin.post("/addresses/groups/new/", the_list(address_0="desk", members=live.address))
    run()

    assert mailserver.client().mailbox(live.address).groups == ("desk@metrosure.app",)
    assert "1 member" in text(admin, "/addresses/")


def test_a_member_whom_the_server_does_not_have_is_told_and_tried_again(
    server: Simulator, live: Account, admin: Client, run: Callable[[], int]
) -> None:
    admin.post("/addresses/groups/new/", the_list(address_0="desk", members="nobody@metrosure.app"))
    run()

    page = text(admin, "/addresses/")
    assert "Try again" in page
    assert "desk@metrosure.app" in page

    failed = Operation.objects.get(status=Status.FAILED)
    admin.post(f"/addresses/operations/{failed.pk}/leave/")
    assert "Try again" not in text(admin, "/addresses/")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"members": "ana@example.org\nnobody"}, "“nobody” is no e-mail address."),
        ({"address_0": "thandi.nkosi"}, "thandi.nkosi@metrosure.app is a mailbox."),
        ({"address_0": "nørth"}, "Use letters without accents"),
        ({"address_0": "north@elsewhere.org"}, "elsewhere.org is not one of your mail domains."),
    ],
)
def test_what_cannot_be_is_explained_and_kept(
    given: dict[str, str], says: str, account: Account, admin: Client
) -> None:
    answer = admin.post("/addresses/lists/new/", the_list(**given))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert "North" in page


def test_an_address_is_blocked_and_let_in_again(
    server: Simulator, admin: Client, run: Callable[[], int], db: None
) -> None:
    asked = admin.post("/addresses/blocked/new/", {"address": "203.0.113.9", "reason": "Guesses passwords."})
    run()
    assert asked.headers["Location"] == "/addresses/blocked/"
    assert "203.0.113.9" in text(admin, "/addresses/blocked/")

    admin.post("/addresses/blocked/release/", {"address": "203.0.113.9"})
    run()
    assert "Nobody is shut out" in text(admin, "/addresses/blocked/")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mail.example.org", "no IP address or network"),
        ("0.0.0.0/0", "wider than /8"),
        ("2001::/16", "wider than /24"),
        ("203.0.113.9/24", "no IP address or network"),
    ],
)
def test_what_nobody_means_to_block_is_refused(address: str, says: str, admin: Client) -> None:
    answer = admin.post("/addresses/blocked/new/", {"address": address, "reason": "x"})

    assert answer.status_code == 422
    assert says in answer.content.decode()


def test_auditors_look_and_change_nothing(server: Simulator, live: Account, auditor: Client) -> None:
    mailserver.client().lists.create("north@metrosure.app", members=["ana@example.org"])

    assert "Change it" not in text(auditor, "/addresses/lists/north@metrosure.app/")
    assert auditor.post("/addresses/lists/north@metrosure.app/change/", {"members": ""}).status_code == 403
    assert auditor.post("/addresses/blocked/release/", {"address": "203.0.113.9"}).status_code == 403


@pytest.mark.parametrize("path", ["/addresses/", "/addresses/blocked/"])
def test_a_server_that_is_away_is_said(path: str, server: Simulator, auditor: Client) -> None:
    server.go_down()

    assert "The mail server could not be asked" in text(auditor, path)


def test_what_is_not_there_is_404_and_what_nobody_knows_is_not(
    server: Simulator, domain_there: MailDomain, admin: Client
) -> None:
    assert admin.get("/addresses/lists/north@metrosure.app/").status_code == 404
    server.go_down()
    assert admin.get("/addresses/lists/north@metrosure.app/").status_code == 302


@pytest.fixture
def domain_there(server: Simulator, db: None) -> None:
    mailserver.client().create_domain("metrosure.app")
