"""Wishes: what is wanted of a thing that only the mail server knows becomes true, and stays asked once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts import outbox
from accounts.models import MailDomain, Operation, Status, Topic, Wish
from stalwart_client import NotFound, StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def wish(clock: Clock) -> Callable[..., Operation]:
    def ask(topic: Topic, key: str, **wanted: Any) -> Operation:
        asked, _ = Wish.objects.update_or_create(
            topic=topic, key=key, defaults={"wanted": wanted, "asked_at": clock(), "asked_by": "sipho"}
        )
        return outbox.record(cause="wished", now=clock(), subject=asked)

    return ask


def test_a_message_leaves_the_queue(
    client_of_server: StalwartClient, server: Simulator, wish: Callable[..., Operation], run: Callable[[], int]
) -> None:
    for name in ("x", "y"):
        server.plant_message("a@metrosure.app", [f"{name}@example.org"])
    gone, stays = client_of_server.queue.messages().messages

    wish(Topic.MESSAGE, gone.id, deed="cancel", recipient="")
    run()

    assert client_of_server.queue.messages().messages == (stays,)
    assert Operation.objects.get().status == Status.DONE


def test_a_message_that_is_gone_already_needs_nothing(
    server: Simulator, wish: Callable[..., Operation], run: Callable[[], int]
) -> None:
    wish(Topic.MESSAGE, "123456", deed="cancel", recipient="")
    run()

    assert Operation.objects.get().status == Status.DONE


def test_an_address_is_blocked_and_let_in_again(
    client_of_server: StalwartClient, wish: Callable[..., Operation], run: Callable[[], int]
) -> None:
    wish(Topic.BLOCKED, "203.0.113.9", blocked=True)
    run()
    blocked = [each.address for each in client_of_server.blocked.all()]
    wish(Topic.BLOCKED, "203.0.113.9", blocked=False)
    run()

    assert blocked == ["203.0.113.9"]
    assert client_of_server.blocked.all() == []


def test_a_list_follows_its_wish(
    client_of_server: StalwartClient, domain: MailDomain, wish: Callable[..., Operation], run: Callable[[], int]
) -> None:
    wish(Topic.LIST, "north@metrosure.app", exists=True, name="North", members=["ana@example.org", "ben@example.org"])
    run()
    wish(Topic.LIST, "north@metrosure.app", exists=True, name="The North", members=["ben@example.org"])
    run()
    made = client_of_server.lists.at("north@metrosure.app")
    wish(Topic.LIST, "north@metrosure.app", exists=False)
    run()

    assert (made.name, made.members) == ("The North", ("ben@example.org",))
    assert client_of_server.lists.all() == []


def test_a_newer_wish_takes_the_place_of_one_that_waits(
    client_of_server: StalwartClient, domain: MailDomain, wish: Callable[..., Operation], run: Callable[[], int]
) -> None:
    older = wish(Topic.GROUP, "north@metrosure.app", exists=True, name="North", members=[])
    wish(Topic.GROUP, "north@metrosure.app", exists=False)
    run()

    older.refresh_from_db()
    assert older.status == Status.SUPERSEDED
    with pytest.raises(NotFound):
        client_of_server.groups.at("north@metrosure.app")
