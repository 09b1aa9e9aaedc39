"""What is asked of waiting mail is recorded, logged and done; what the server cannot do is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, MailDomain, Operation, Status
from accounts.queries import events, operations
from accounts.services import mailqueue
from accounts.services.mailqueue import Deed, Message
from accounts.services.operations import let_go, retry_operation
from stalwart_client import DeliveryStatus, QueuedMessage, StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=3)


@pytest.fixture
def waiting(server: Simulator, client_of_server: StalwartClient, now: datetime) -> list[QueuedMessage]:
    """Three messages that are tried again in three hours."""
    for name in ("ana", "ben", "cleo"):
        server.plant_message(f"{name}@metrosure.app", [f"{name}@example.org"], next_try_at=now + LATER)
    return sorted(client_of_server.queue.messages().messages, key=lambda each: each.sender)


def named(*messages: QueuedMessage) -> list[Message]:
    return [Message(each.id, each.sender, tuple(to.address for to in each.recipients)) for each in messages]


def senders(client: StalwartClient) -> set[str]:
    return {each.sender.partition("@")[0] for each in client.queue.messages().messages}


def can_move(client: StalwartClient) -> bool:
    return client.facts().capabilities.delivery_control


def test_one_message_is_cancelled(
    client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, now: datetime, run: Callable[[], int]
) -> None:
    mailqueue.ask(named(waiting[0]), Deed.CANCEL, reason="Wrong client", by=hr, now=now)
    run()

    event = AuditEvent.objects.get()
    assert senders(client_of_server) == {"ben", "cleo"}
    assert (event.action, event.detail.subject, event.detail.reason) == (
        Action.MAIL_CANCELLED,
        "ana@metrosure.app",
        "Wrong client",
    )
    assert [row.text for row in events.find(events.Search(), "", "", now).rows] == [
        "cancelled a waiting message to ana@example.org"
    ]


def test_several_are_one_change_with_an_event_for_each_sender(
    server: Simulator, client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, now: datetime,
    run: Callable[[], int],
) -> None:  # fmt: skip
    server.plant_message("ana@metrosure.app", ["dan@example.org"])
    of_ana = client_of_server.queue.messages(text="ana@metrosure.app").messages

    operation = mailqueue.ask(named(*of_ana, waiting[1]), Deed.CANCEL, by=hr, now=now)
    assert operations.row(operation, now).account_name == "3 messages"
    run()

    assert senders(client_of_server) == {"cleo"}
    assert [
        (event.detail.subject, (event.detail.after or {})["messages"]) for event in AuditEvent.objects.order_by("pk")
    ] == [
        ("ana@metrosure.app", 2),
        ("ben@metrosure.app", 1),
    ]


def test_the_log_of_an_account_shows_what_became_of_its_mail(
    domain: MailDomain, waiting: list[QueuedMessage], hr: Actor, now: datetime
) -> None:
    account = make_account("ana@metrosure.app", now=now)

    mailqueue.ask(named(waiting[0]), Deed.CANCEL, by=hr, now=now)

    newest = events.of_account(account.pk, now).days[0].events[0]
    assert newest.text == "cancelled a waiting message to ana@example.org"
    assert Account.objects.get().version == account.version


def test_many_are_cancelled_and_read_back(
    server: Simulator, client_of_server: StalwartClient, hr: Actor, now: datetime, run: Callable[[], int]
) -> None:
    for number in range(60):
        server.plant_message("ana@metrosure.app", [f"p{number}@example.org"])
    chosen = mailqueue.choose(lambda message: not message.recipients[0].address.startswith("p5"))

    operation = mailqueue.ask(chosen, Deed.CANCEL, by=hr, now=now)
    run()

    operation.refresh_from_db()
    assert (len(chosen), client_of_server.queue.messages().total) == (49, 11)
    assert operation.status == Status.DONE


def test_trying_now_is_done_or_said_to_be_impossible(
    client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, now: datetime, run: Callable[[], int]
) -> None:
    operation = mailqueue.ask(named(*waiting[:2]), Deed.RETRY, by=hr, now=now)
    run()

    operation.refresh_from_db()
    hurried = {
        each.sender.partition("@")[0]
        for each in client_of_server.queue.messages().messages
        if each.next_try_at and each.next_try_at < now + LATER
    }
    if can_move(client_of_server):
        assert (operation.status, hurried) == (Status.DONE, {"ana", "ben"})
    else:
        assert (operation.status, hurried) == (Status.FAILED, set())
        assert "can only cancel a whole message" in operations.row(operation, now).text


def test_everything_is_what_waits_when_it_is_done(
    server: Simulator, client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, now: datetime,
    run: Callable[[], int],
) -> None:  # fmt: skip
    operation = mailqueue.retry_all(3, by=hr, now=now)
    server.plant_message("late@metrosure.app", ["x@example.org"], next_try_at=now + LATER)
    run()

    operation.refresh_from_db()
    hurried = [
        each.next_try_at < now + LATER for each in client_of_server.queue.messages().messages if each.next_try_at
    ]
    assert operation.status == (Status.DONE if can_move(client_of_server) else Status.FAILED)
    assert hurried == [can_move(client_of_server)] * 4


def test_one_recipient_is_cancelled_or_that_is_refused(
    server: Simulator, client_of_server: StalwartClient, hr: Actor, now: datetime, run: Callable[[], int]
) -> None:
    server.plant_message("ana@metrosure.app", ["x@example.org", "y@example.org"])
    (message,) = client_of_server.queue.messages().messages

    mailqueue.ask(named(message), Deed.CANCEL, recipient="x@example.org", by=hr, now=now)
    run()

    after = {each.address: each.status for each in client_of_server.queue.message(message.id).recipients}
    assert after["y@example.org"] == DeliveryStatus.WAITING
    assert (after["x@example.org"] == DeliveryStatus.FAILED) == can_move(client_of_server)
    assert Operation.objects.get().status == (Status.DONE if can_move(client_of_server) else Status.FAILED)


def test_a_message_that_went_out_meanwhile_needs_nothing(
    client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, now: datetime, run: Callable[[], int]
) -> None:
    mailqueue.ask(named(*waiting[:2]), Deed.CANCEL, by=hr, now=now)
    client_of_server.queue.cancel(waiting[0].id)
    run()

    assert Operation.objects.get().status == Status.DONE
    assert senders(client_of_server) == {"cleo"}


def test_a_server_that_is_away_does_it_later(
    server: Simulator, client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, clock: Clock,
    run: Callable[[], int],
) -> None:  # fmt: skip
    server.go_down()
    operation = mailqueue.ask(named(waiting[0]), Deed.CANCEL, by=hr, now=clock())
    run()
    operation.refresh_from_db()
    waits = operation.status
    server.come_up()
    clock.pass_(seconds=10)
    run()

    assert waits == Status.PENDING
    assert senders(client_of_server) == {"ben", "cleo"}


def test_what_was_refused_can_be_tried_again_or_left(
    client_of_server: StalwartClient, waiting: list[QueuedMessage], hr: Actor, now: datetime
) -> None:
    operation = mailqueue.ask(named(waiting[0]), Deed.RETRY, by=hr, now=now)
    with pytest.raises(RuleBroken):
        let_go(operation.pk, now=now)
    Operation.objects.update(status=Status.FAILED, error_code="invalid")

    again = retry_operation(operation.pk, by=hr, now=now)
    Operation.objects.filter(pk=again.pk).update(status=Status.FAILED, error_code="invalid")
    let_go(again.pk, now=now)

    assert set(Operation.objects.values_list("status", flat=True)) == {Status.SUPERSEDED}


@pytest.mark.parametrize(
    ("chosen", "recipient", "code"),
    [
        ([], "", "nothing_chosen"),
        ([Message("b", "ana@metrosure.app", ("x@example.org",))], "y@example.org", "no_such_recipient"),
    ],
)
def test_what_makes_no_sense_is_refused(
    chosen: list[Message], recipient: str, code: str, hr: Actor, now: datetime
) -> None:
    with pytest.raises(RuleBroken) as caught:
        mailqueue.ask(chosen, Deed.CANCEL, recipient=recipient, by=hr, now=now)

    assert caught.value.code == code
    assert not Operation.objects.exists()
    assert not AuditEvent.objects.exists()


def test_ids_are_looked_up_whole(waiting: list[QueuedMessage]) -> None:
    found = mailqueue.look_up([waiting[1].id, waiting[0].id, waiting[1].id])
    with pytest.raises(RuleBroken) as caught:
        mailqueue.look_up([waiting[0].id, "9999", "b"])

    assert [each.sender for each in found] == ["ben@metrosure.app", "ana@metrosure.app"]
    assert caught.value.values == {"ids": ["9999", "b"]}
