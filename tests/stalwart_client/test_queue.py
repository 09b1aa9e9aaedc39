"""The queue: what is in it, and what really moves when it is asked to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from stalwart_client import (
    DeliveryStatus,
    NotFound,
    QueuedMessage,
    QueuedRecipient,
    StalwartClient,
    StalwartError,
    Unexpected,
    Unsupported,
)
from stalwart_client._jmap import JmapDriver
from stalwart_client._rest import RestDriver
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import Player, data, problem, recorded
from tests.stalwart_client.stage import Stage

LATER = datetime(2031, 1, 1, tzinfo=UTC)
DEST, TWO = "dest0@unreachable.example.org", "two0@other.example.org"


@pytest.fixture
def client(simulated: Stage, simulator: Simulator) -> StalwartClient:
    """A client of a server that has three messages to deliver."""
    for n in range(3):
        answer = "451 4.7.1 Try again later" if n == 1 else ""
        simulator.plant_message(
            "q@metrosure.app", [f"dest{n}@unreachable.example.org", f"two{n}@other.example.org"], answer=answer
        )
    return simulated.client


@pytest.fixture
def first(client: StalwartClient) -> QueuedMessage:
    return client.queue.messages(text="dest0").messages[0]


def can_move(client: StalwartClient) -> bool:
    return client.facts().capabilities.delivery_control


def test_a_message_is_seen_whole(client: StalwartClient, first: QueuedMessage) -> None:
    assert client.queue.message(first.id) == first
    assert (first.sender, first.size > 0, first.last_answer) == ("q@metrosure.app", True, "")
    assert [each.address for each in sorted(first.recipients, key=lambda each: each.address)] == [DEST, TWO]
    assert {each.status for each in first.recipients} == {DeliveryStatus.WAITING}
    assert first.next_try_at == first.recipients[0].next_try_at


def test_what_the_other_side_said_is_told(client: StalwartClient) -> None:
    (delayed,) = client.queue.messages(text="dest1").messages

    assert "Try again later" in delayed.last_answer
    assert {each.status for each in delayed.recipients} == {DeliveryStatus.DELAYED}
    assert {each.tries for each in delayed.recipients} == {1}


def test_the_queue_is_paged(client: StalwartClient) -> None:
    pages = [client.queue.messages(page=page, limit=2) for page in (1, 2, 3)]

    assert [(len(page.messages), page.total) for page in pages] == [(2, 3), (1, 3), (0, 3)]
    ids = [message.id for page in pages for message in page.messages]
    assert len(set(ids)) == 3
    assert all(isinstance(each, str) for each in ids)


@pytest.mark.parametrize(
    ("wanted", "total"),
    [
        ({"text": "dest1"}, 1),
        ({"text": "q@metrosure"}, 3),
        ({"sender": "q@metrosure.app"}, 3),
        ({"sender": "dest"}, 0),
        ({"recipient": "two2@"}, 1),
        ({"recipient": "q@"}, 0),
        ({}, 3),
    ],
)
def test_the_queue_is_searched(client: StalwartClient, wanted: dict[str, str], total: int) -> None:
    found = client.queue.messages(**wanted)  # type: ignore[arg-type]

    assert (found.total, len(found.messages)) == (total, total)


def test_a_message_is_tried_at_another_time_or_that_is_refused(client: StalwartClient, first: QueuedMessage) -> None:
    if not can_move(client):
        with pytest.raises(Unsupported):
            client.queue.reschedule(first.id, LATER)
        with pytest.raises(Unsupported):
            client.queue.retry(first.id)
        assert client.queue.message(first.id) == first
        return
    client.queue.reschedule(first.id, LATER)
    moved = client.queue.message(first.id).next_try_at
    client.queue.retry(first.id)

    again = client.queue.message(first.id).next_try_at
    assert moved == LATER
    assert again is not None
    assert again < LATER


def test_one_recipient_is_moved_alone_or_that_is_refused(client: StalwartClient, first: QueuedMessage) -> None:
    if not can_move(client):
        with pytest.raises(Unsupported):
            client.queue.cancel(first.id, recipient=DEST)
        assert client.queue.message(first.id) == first
        return
    client.queue.reschedule(first.id, LATER, recipient=DEST.upper())
    moved = {each.address: each.next_try_at for each in client.queue.message(first.id).recipients}
    client.queue.cancel(first.id, recipient=DEST)
    cancelled = {each.address: each.status for each in client.queue.message(first.id).recipients}
    client.queue.retry(first.id, recipient=DEST)
    again = {each.address: each.status for each in client.queue.message(first.id).recipients}

    assert moved[DEST] == LATER != moved[TWO]
    assert cancelled == {DEST: DeliveryStatus.FAILED, TWO: DeliveryStatus.WAITING}
    assert again == {DEST: DeliveryStatus.WAITING, TWO: DeliveryStatus.WAITING}


def test_a_whole_message_can_always_be_cancelled(client: StalwartClient, first: QueuedMessage) -> None:
    client.queue.cancel(first.id)
    client.queue.cancel(first.id)

    assert client.queue.messages().total == 2
    with pytest.raises(NotFound):
        client.queue.message(first.id)


@pytest.mark.parametrize("message_id", ["", "1", "b", "../principal", "-1", "jpsanuhqacqa", "123456789012345678"])
def test_what_is_not_in_the_queue(client: StalwartClient, message_id: str) -> None:
    client.queue.cancel(message_id)

    with pytest.raises(NotFound):
        client.queue.message(message_id)
    with pytest.raises(NotFound):
        client.queue.retry(message_id)
    assert client.queue.messages().total == 3


def test_a_stranger_is_no_recipient(client: StalwartClient, first: QueuedMessage) -> None:
    with pytest.raises(NotFound) as caught:
        client.queue.cancel(first.id, recipient="stranger@example.org")

    assert caught.value.subject == "stranger@example.org"
    assert client.queue.message(first.id) == first


def test_recorded_messages_of_0_15_are_read() -> None:
    with Player(recorded("rest-0.15.5-queue", "queue list values")).sender() as sender:
        page = RestDriver(sender).queue.messages(limit=2)

    message = page.messages[0]
    assert (page.total, page.is_running, message.id) == (3, False, "341787814326698155")
    assert message.recipients[0] == QueuedRecipient(
        address=TWO,
        status=DeliveryStatus.WAITING,
        next_try_at=datetime(2026, 11, 21, 10, 32, 10, tzinfo=UTC),
        expires_at=datetime(2026, 11, 24, 10, 32, 10, tzinfo=UTC),
        queue="remote",
    )


def test_recorded_messages_of_0_16_are_read() -> None:
    session = recorded("jmap-0.16.18", "session as admin")
    with Player(session, recorded("jmap-0.16.18-queue", "queue list values")).sender() as sender:
        page = JmapDriver(sender).queue.messages(limit=2)

    assert (page.total, page.is_running, len(page.messages)) == (3, None, 2)
    assert page.messages[0].sender == "q@metrosure.app"


def rest_message(*queues: str, status: Any = "scheduled") -> httpx.Response:
    about = {"status": status, "retry_num": 0, "next_retry": "2026-11-21T10:32:10Z"}
    recipients = [{"address": f"r{n}@example.org", "queue": queue, **about} for n, queue in enumerate(queues)]
    created = {"created": "2026-11-21T10:32:10Z", "size": 1}
    return data({"id": 5, "return_path": "<>", "recipients": recipients, **created})


def test_where_0_15_keeps_its_word_it_is_asked() -> None:
    player = Player(rest_message("default", "remote"), data(value=True), rest_message("default"), data(value=True))

    with player.sender() as sender:
        queue = RestDriver(sender).queue
        queue.cancel("5", recipient="r0@example.org")
        queue.reschedule("5", LATER)

    assert player.lines[1] == "DELETE /api/queue/messages/5?filter=r0%40example.org"
    assert player.lines[3] == "PATCH /api/queue/messages/5?at=2031-01-01T00%3A00%3A00Z"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"temp_fail": "no route"}, (DeliveryStatus.DELAYED, "no route")),
        ({"perm_fail": "no such user"}, (DeliveryStatus.FAILED, "no such user")),
        ({"completed": "250 OK"}, (DeliveryStatus.DELIVERED, "250 OK")),
    ],
)
def test_answers_of_0_15_are_read(status: dict[str, str], expected: tuple[DeliveryStatus, str]) -> None:
    with Player(rest_message("remote", status=status)).sender() as sender:
        message = RestDriver(sender).queue.message("5")

    assert (message.recipients[0].status, message.last_answer) == expected
    assert message.sender == ""


@pytest.mark.parametrize(
    ("here", "error"),
    [
        pytest.param(recorded("rest-0.15.5", "principal without credentials"), NotFound, id="the message is gone"),
        pytest.param(recorded("jmap-0.16.18", "principal anonymous"), Unexpected, id="the whole interface is gone"),
    ],
)
def test_a_missing_message_is_told_from_a_missing_interface(here: httpx.Response, error: type[StalwartError]) -> None:
    with Player(problem(404), here).sender() as sender, pytest.raises(error):
        RestDriver(sender).queue.message("5")


def test_several_are_looked_up_at_once(client: StalwartClient) -> None:
    messages = client.queue.messages().messages

    found = client.queue.some([messages[0].id, "b", "9999", "../principal", messages[2].id])

    assert sorted(found, key=lambda each: each.id) == sorted((messages[0], messages[2]), key=lambda each: each.id)


def test_several_are_cancelled_at_once_and_no_others(client: StalwartClient) -> None:
    messages = client.queue.messages().messages

    client.queue.cancel_many([messages[0].id, "9999", "", messages[2].id])

    assert client.queue.messages().messages == (messages[1],)


def test_none_are_none(client: StalwartClient) -> None:
    client.queue.cancel_many([])
    client.queue.retry_many([])

    assert client.queue.some([]) == []
    assert client.queue.messages().total == 3


def test_several_are_tried_at_once_or_that_is_refused(client: StalwartClient) -> None:
    ids = [each.id for each in client.queue.messages().messages]
    if not can_move(client):
        with pytest.raises(Unsupported):
            client.queue.retry_many(ids)
        return
    for each in ids:
        client.queue.reschedule(each, LATER)

    client.queue.retry_many([*ids[:2], "b"])

    tries = {each.id: each.next_try_at for each in client.queue.messages().messages}
    assert tries[ids[2]] == LATER
    assert all(at is not None and at < LATER for at in (tries[ids[0]], tries[ids[1]]))


def test_an_error_in_the_middle_is_told(client: StalwartClient, simulator: Simulator) -> None:
    ids = [each.id for each in client.queue.messages().messages]
    simulator.go_down()

    with pytest.raises(StalwartError):
        client.queue.cancel_many(ids)


def test_a_planted_message_can_have_waited(simulated: Stage, simulator: Simulator) -> None:
    long_ago = datetime(2025, 3, 1, tzinfo=UTC)
    simulator.plant_message(
        "q@metrosure.app",
        ["a@example.org", "b@example.org"],
        answer={"b@example.org": "452 4.2.2 full"},
        created_at=long_ago,
        next_try_at=LATER,
        size=70_000,
    )

    message = simulated.client.queue.messages().messages[0]

    assert (message.created_at, message.size, message.next_try_at) == (long_ago, 70_000, LATER)
    assert {each.address: each.answer for each in message.recipients} == {
        "a@example.org": "",
        "b@example.org": "452 4.2.2 full",
    }
