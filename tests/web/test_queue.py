"""The page of waiting mail: what waits and why, and what can be done about it, on both generations."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import outbox
from accounts.audit import Action
from accounts.models import Account, AuditEvent, Operation, Pulse, Status
from accounts.services import queue_watch
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
HOSTILE = '550 5.1.1 "><script>alert(1)</script><img src=x onerror=alert(1)> \u202egnp.exe \x1b[2J'


@pytest.fixture(autouse=True)
def known(server: Simulator, now: datetime, db: None) -> Simulator:
    """A server of each generation that the panel has looked at."""
    outbox.look_at_server(now)
    return server


@pytest.fixture
def ids(server: Simulator, client_of_server: StalwartClient, now: datetime) -> dict[str, str]:
    """The ids of three waiting messages, by the name of their sender."""
    server.plant_message("thandi.nkosi@metrosure.app", ["x@example.org", "y@example.net"], created_at=now - 2 * HOUR,
                         next_try_at=now + HOUR, answer={"x@example.org": "550 5.1.1 No such user"})  # fmt: skip
    server.plant_message("ben@metrosure.app", ["z@example.org"], created_at=now - HOUR / 4, next_try_at=now + HOUR)
    server.plant_message("", [f"p{number}@example.com" for number in range(5)], next_try_at=now + HOUR)
    messages = client_of_server.queue.messages().messages
    return {each.sender.partition("@")[0]: each.id for each in messages}


def _text(client: Client, path: str = "/queue/") -> str:
    page = client.get(path).content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def can_move(server: Simulator) -> bool:
    return server.generation == "0.16"


def test_what_waits_and_why(auditor: Client, ids: dict[str, str]) -> None:
    page = _text(auditor)

    assert "thandi.nkosi @metrosure.app" in page
    assert "x@example.org, y@example.net" in page
    assert "The other side says the mailbox does not exist" in page
    assert "Ask the sender to check the address, and cancel this one. 550 5.1.1 No such user" in page
    assert "2 h ago 12:00" in page
    assert "15:00 914 B" in page
    assert "A bounce" in page
    assert "p0@example.com, p1@example.com and 3 more" in page
    assert "3 waiting messages" in page


def test_nothing_waits(auditor: Client) -> None:
    assert "Nothing waits" in _text(auditor)
    assert "No waiting message is like that" in _text(auditor, "/queue/?q=nobody")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("account=Thandi.Nkosi@metrosure.app", {"thandi"}),
        ("account=nkosi@metrosure.app", set()),
        ("domain=@metrosure.app", {"thandi", "ben"}),
        ("domain=example.com", {"bounce"}),
        ("q=EXAMPLE.ORG", {"thandi", "ben"}),
        ("q=ben&domain=example.org", {"ben"}),
        ("q=ben&domain=example.net", set()),
        ("page=7", {"thandi", "ben", "bounce"}),
        ("page=-1", {"thandi", "ben", "bounce"}),
        ("page=x", {"thandi", "ben", "bounce"}),
        ("page=99999999999999999999", {"thandi", "ben", "bounce"}),
    ],
)
def test_it_is_narrowed(auditor: Client, ids: dict[str, str], asked: str, found: set[str]) -> None:
    page = auditor.get(f"/queue/?{asked}", headers={"HX-Request": "true", "HX-Target": "list"}).content.decode()

    titles = {"thandi": 'title="thandi.nkosi', "ben": 'title="ben@', "bounce": "A bounce"}
    assert {name for name, title in titles.items() if title in page} == found
    assert "<main" not in page


def test_what_others_wrote_is_only_text(auditor: Client, server: Simulator, client_of_server: StalwartClient) -> None:
    server.plant_message('a"><b onclick=x>@metrosure.app', ['"><i>x@example.org'], answer=HOSTILE)
    (message,) = client_of_server.queue.messages().messages

    pages = [auditor.get(path).content.decode() for path in ("/queue/", f"/queue/messages/{message.id}/")]

    for page in pages:
        assert "&lt;script&gt;" in page
        assert not re.search(r"<script>|<img src=x|<b onclick|<i>x", page)
        assert "\x1b" not in page
        assert "\u202e" not in page


def test_pages_are_turned(auditor: Client, server: Simulator) -> None:
    for number in range(120):
        server.plant_message("a@metrosure.app", [f"p{number:03}@example.org"])

    first, last, beyond = (_text(auditor, f"/queue/?page={page}") for page in (1, 3, 9))

    assert "120 waiting messages Page 1 of 3" in first
    assert len(re.findall(r"p\d{3}@example", last)) == 20
    assert beyond == last
    assert 'href="?page=2"' in auditor.get("/queue/").content.decode()


def test_ten_thousand_messages_are_a_page_of_fifty(
    auditor: Client, server: Simulator, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10_000):
        server.plant_message(f"a{number % 7}@metrosure.app", [f"p{number}@example.org"])

    with django_assert_max_num_queries(9):
        page = _text(auditor)
    narrow = _text(auditor, "/queue/?account=a1@metrosure.app")

    assert "10,000 waiting messages Page 1 of 200" in page
    assert "500 waiting messages Page 1 of 10" in narrow
    assert "Only the first 500 messages that come near were looked through." in narrow


def test_a_server_that_is_away(auditor: Client, server: Simulator, clock: Clock, ids: dict[str, str]) -> None:
    queue_watch.sample(clock())
    server.go_down()
    Pulse.objects.filter(name="server").update(failing_since=clock(), error_code="unreachable")
    clock.pass_(seconds=600)

    answer = auditor.get("/queue/")
    page = _text(auditor)

    assert answer.status_code == 200
    assert "The mail server does not answer. No answer since 14:00." in page
    assert "When it was last counted, at 14:00, 3 messages waited." in page
    assert "Nothing waits" not in page


@pytest.mark.parametrize("path", ["/queue/messages/{}/", "/queue/cancel/?id={}", "/queue/retry/all/"])
def test_away_while_somebody_looks_closer(admin: Client, server: Simulator, ids: dict[str, str], path: str) -> None:
    server.go_down()

    answer = admin.get(path.format(ids["ben"]), follow=True)

    assert answer.redirect_chain == [("/queue/", 302)]
    assert "The mail server does not answer." in answer.content.decode()


def test_one_message_with_each_recipient(
    admin: Client, server: Simulator, account: Account, ids: dict[str, str]
) -> None:
    page = _text(admin, f"/queue/messages/{ids['thandi.nkosi']}/")

    assert "Handed in 12:00, 2 h ago. 914 B, to 2 recipients. Open the sender's mailbox" in page
    assert "x @example.org Put off. Tried once. Next try: 15:00. It gives up Fri 27 Nov 12:00." in page
    assert "y @example.net Waits. Not tried yet." in page
    assert ("Try now : y@example.net" in page) == can_move(server)
    assert ("This mail server can only cancel a whole message." in page) == (not can_move(server))


@pytest.mark.parametrize("message_id", ["9999", "b", "nonsense_id", "a" * 60])
def test_a_message_that_is_gone(auditor: Client, message_id: str) -> None:
    answer = auditor.get(f"/queue/messages/{message_id}/")

    assert answer.status_code == 404
    assert "not in the queue any more" in answer.content.decode()


def test_an_auditor_is_offered_nothing_to_do(auditor: Client, operator: Client, ids: dict[str, str]) -> None:
    pages = [
        client.get(path).content.decode().split("<main")[1]
        for client in (auditor, operator)
        for path in ("/queue/", f"/queue/messages/{ids['ben']}/")
    ]

    assert not [page for page in pages if 'type="checkbox"' in page or 'method="post"' in page or "/cancel/" in page]


def test_what_the_server_cannot_do_is_not_offered_but_said(
    admin: Client, server: Simulator, ids: dict[str, str]
) -> None:
    page = _text(admin)

    assert ("Try all 3 now…" in page) == can_move(server)
    assert ("Try now" in page) == can_move(server)
    assert ("asked to hurry, it says yes and does nothing" in page) == (not can_move(server))


def test_ticked_messages_are_named_and_cancelled_with_a_reason(
    admin: Client, client_of_server: StalwartClient, ids: dict[str, str], run: Callable[[], int]
) -> None:
    ticked = [ids["ben"], ids["thandi.nkosi"]]
    question = admin.post("/queue/cancel/", {"id": ticked})
    without = admin.post("/queue/cancel/", {"id": ticked, "reason": " "})
    done = admin.post("/queue/cancel/", {"id": ticked, "reason": "Sent by mistake"}, follow=True)
    under_way = done.content.decode()
    run()

    assert (question.status_code, without.status_code) == (200, 422)
    assert "Cancel 2 messages?" in question.content.decode()
    assert "Write one sentence." in without.content.decode()
    assert "2 messages are being cancelled." in under_way
    assert under_way.count("Being cancelled") == 2
    assert [each.id for each in client_of_server.queue.messages().messages] == [ids[""]]
    assert {event.detail.reason for event in AuditEvent.objects.filter(action=Action.MAIL_CANCELLED)} == {
        "Sent by mistake"
    }


def test_a_question_opens_in_the_dialog(admin: Client, ids: dict[str, str]) -> None:
    htmx = {"HX-Request": "true", "HX-Target": "dialog"}

    asked = admin.get(f"/queue/cancel/?id={ids['ben']}", headers=htmx)
    done = admin.post("/queue/cancel/", {"id": ids["ben"], "reason": "Because"}, headers=htmx)

    assert "<html" not in asked.content.decode()
    assert "Cancel 1 message?" in " ".join(asked.content.decode().split())
    assert done["HX-Redirect"] == "/queue/"


@pytest.mark.parametrize(
    ("ticked", "says"), [([], "Choose at least one message."), (["9999", "../x"], "It is not in the queue any more")]
)
@pytest.mark.parametrize("deed", ["cancel", "retry"])
def test_nothing_to_do(admin: Client, server: Simulator, ticked: list[str], says: str, deed: str) -> None:
    if deed == "retry" and not can_move(server):
        says = "This mail server cannot do it: it can only cancel a whole message."

    answer = admin.post(f"/queue/{deed}/", {"id": ticked}, follow=True)

    assert says in answer.content.decode()
    assert not Operation.objects.exists()


def test_ticked_messages_are_tried_now(
    admin: Client, server: Simulator, client_of_server: StalwartClient, ids: dict[str, str], run: Callable[[], int]
) -> None:
    answer = admin.post("/queue/retry/", {"id": [ids["ben"], ids[""]]}, follow=True)
    run()

    page = " ".join(answer.content.decode().split())
    hurried = {
        each.id
        for each in client_of_server.queue.messages().messages
        if each.next_try_at and each.next_try_at < server.now() + HOUR
    }
    if can_move(server):
        assert "2 messages are being tried now." in page
        assert hurried == {ids["ben"], ids[""]}
    else:
        assert "it can only cancel a whole message" in page
        assert hurried == set()


def test_everything_is_tried_now(admin: Client, server: Simulator, ids: dict[str, str], run: Callable[[], int]) -> None:
    question = _text(admin, "/queue/retry/all/") if can_move(server) else ""
    answer = admin.post("/queue/retry/all/", follow=True)
    run()

    assert ("Try all 3 messages now?" in question) == can_move(server)
    assert ("All waiting mail is being tried now." in answer.content.decode()) == can_move(server)
    assert Operation.objects.filter(status=Status.DONE).exists() == can_move(server)


def test_one_recipient_is_cancelled(
    admin: Client, server: Simulator, ids: dict[str, str], run: Callable[[], int]
) -> None:
    if not can_move(server):
        assert "recipient=" not in admin.get(f"/queue/messages/{ids['thandi.nkosi']}/").content.decode()
        return
    given = {"id": ids["thandi.nkosi"], "recipient": "x@example.org"}
    question = " ".join(admin.get("/queue/cancel/", given).content.decode().split())
    admin.post("/queue/cancel/", {**given, "reason": "Wrong person"})
    run()

    assert "<bdi>x@example.org</bdi> will not get it." in question
    page = _text(admin, f"/queue/messages/{ids['thandi.nkosi']}/")
    assert "x @example.org Given up." in page
    assert "Somebody cancelled it." in page


def test_a_refused_change_is_explained_and_can_be_left(admin: Client, ids: dict[str, str]) -> None:
    admin.post("/queue/cancel/", {"id": ids["ben"], "reason": "Because"})
    Operation.objects.update(status=Status.FAILED, error_code="not_permitted")
    operation = Operation.objects.get()
    shown = _text(admin)

    admin.post(f"/queue/operations/{operation.pk}/again/")
    again = Operation.objects.get(status=Status.PENDING)
    Operation.objects.filter(pk=again.pk).update(status=Status.FAILED)
    admin.post(f"/queue/operations/{again.pk}/leave/")

    assert "Cancel waiting mail ben@metrosure.app → z@example.org" in shown
    assert "may not do this on the mail server" in shown
    assert "On its way to the mail server" not in _text(admin)
    assert not Operation.objects.exclude(status=Status.SUPERSEDED).exists()


def test_the_page_of_an_account_leads_to_just_its_waiting_mail(
    auditor: Client, server: Simulator, account: Account, ids: dict[str, str]
) -> None:
    server.plant_message("other.thandi.nkosi@metrosure.app", ["x@example.org"])

    part = " ".join(auditor.get(f"/accounts/{account.pk}/flow/").content.decode().split())

    assert '<a href="/queue/?account=thandi.nkosi%40metrosure.app">1 message</a>' in part
    assert "1 waiting message" in _text(auditor, "/queue/?account=thandi.nkosi%40metrosure.app")


def test_the_side_bar_counts(auditor: Client, ids: dict[str, str], now: datetime) -> None:
    before = auditor.get("/audit/").content.decode()
    queue_watch.sample(now)

    assert "side-count" not in before
    assert '<span class="side-count num">3</span>' in auditor.get("/audit/").content.decode()


def test_a_paused_queue_is_said(auditor: Client, server: Simulator, client_of_server: StalwartClient) -> None:
    server.plant_message("a@metrosure.app", ["x@example.org"])
    page = client_of_server.queue.messages()

    assert ("Delivery is paused" in _text(auditor)) == (page.is_running is False)
