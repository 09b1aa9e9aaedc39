"""`manage.py queue`: exact JSON, filters, and an outcome that is true."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.audit import Action
from accounts.models import AuditEvent, Operation, Status
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock

HOUR = timedelta(hours=1)
ESC = "\x1b"


@pytest.fixture
def ids(server: Simulator, client_of_server: StalwartClient, now: datetime) -> dict[str, str]:
    """The ids of three waiting messages, by the name of their sender."""
    server.plant_message("ana@metrosure.app", ["x@example.org", "y@example.net"], created_at=now - 2 * HOUR,
                         next_try_at=now + HOUR, answer={"x@example.org": "452 4.2.2 full"})  # fmt: skip
    server.plant_message("mariana@metrosure.app", ["x@example.org"], next_try_at=now + HOUR)
    server.plant_message("", ["ben@shop.metrosure.app"], next_try_at=now + HOUR)
    messages = client_of_server.queue.messages().messages
    return {each.sender.partition("@")[0]: each.id for each in messages}


def can_move(client: StalwartClient) -> bool:
    return client.facts().capabilities.delivery_control


def test_the_list_is_exactly_this(call: Call, ids: dict[str, str]) -> None:
    said = call("queue", "list", "--account", "ana@metrosure.app", "--json")

    assert (said.code, said.json) == (
        0,
        {
            "total": 1,
            "messages": [
                {
                    "id": ids["ana"],
                    "sender": "ana@metrosure.app",
                    "recipients": ["x@example.org", "y@example.net"],
                    "created_at": "2026-11-24T10:00:00Z",
                    "next_try_at": "2026-11-24T13:00:00Z",
                    "last_answer": "452 4.2.2 full",
                }
            ],
        },
    )


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ((), {"ana", "mariana", ""}),
        (("--account", "ANA@metrosure.app"), {"ana"}),
        (("--account", "x@example.org"), {"ana", "mariana"}),
        (("--account", "na@metrosure.app"), set()),
        (("--domain", "metrosure.app"), {"ana", "mariana"}),
        (("--domain", "@Shop.metrosure.app"), {""}),
        (("--text", "ana"), {"ana", "mariana"}),
        (("--text", "ANA", "--domain", "example.net"), {"ana"}),
        (("--account", "x@example.org", "--text", "mari"), {"mariana"}),
        (("--text", "nobody"), set()),
    ],
)
def test_it_is_narrowed(call: Call, ids: dict[str, str], filters: tuple[str, ...], found: set[str]) -> None:
    said = call("queue", "list", *filters, "--json").json

    assert {each["sender"].partition("@")[0] for each in said["messages"]} == found
    assert said["total"] == len(found)


def test_it_is_paged(call: Call, ids: dict[str, str]) -> None:
    pages = [call("queue", "list", "--limit", "2", "--page", page, "--json").json for page in ("1", "2", "3")]

    assert [(page["total"], len(page["messages"])) for page in pages] == [(3, 2), (3, 1), (3, 0)]
    assert {each["id"] for page in pages for each in page["messages"]} == set(ids.values())


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--limit", "0"),
        ("list", "--limit", "501"),
        ("list", "--limit", "many"),
        ("list", "--page", "0"),
        ("list", "--page", "99999999999999999999"),
        ("retry",),
        ("retry", "1", "--all"),
        ("cancel",),
        ("cancel", "1", "--text", "x"),
        ("cancel", "--all", "--domain", "x"),
        ("move",),
        (),
    ],
)
def test_wrong_use(server: Simulator, call: Call, arguments: tuple[str, ...]) -> None:
    said = call("queue", *arguments, "--json")

    assert said.code == 2
    assert said.error["message"]


def test_nothing_waits(server: Simulator, call: Call) -> None:
    assert call("queue", "list", "--json").json == {"total": 0, "messages": []}
    assert call("queue", "list").out.strip() == "Nothing waits"
    assert call("queue", "retry", "--all", "--json").json == {"retried": [], "done": True}
    assert call("queue", "cancel", "--all", "--json").json == {"cancelled": [], "done": True}
    assert call("queue", "stats", "--json").json == {"total": 0, "oldest_at": None, "domains": [], "answers": []}


def test_people_read_plain_words(call: Call, ids: dict[str, str]) -> None:
    said = call("queue", "list").out

    assert "ana@metrosure.app to x@example.org, y@example.net" in said
    assert "handed in 2 h ago. The other side says the mailbox is full" in said
    assert "(a bounce) to ben@shop.metrosure.app" in said
    assert said.splitlines()[-1] == "3 messages wait"


def test_what_others_wrote_cannot_steer_a_terminal(server: Simulator, call: Call) -> None:
    server.plant_message(
        f"a{ESC}[2J@metrosure.app", [f"x{ESC}]0;owned\n9 messages wait@example.org"], answer=f"550 {ESC}[31m no"
    )

    said = call("queue", "list").out
    assert ESC not in said
    assert len(said.splitlines()) == 3
    assert ESC not in call("queue", "stats").out


def test_messages_are_cancelled_at_once(call: Call, client_of_server: StalwartClient, ids: dict[str, str]) -> None:
    said = call("queue", "cancel", ids["ana"], ids[""], "--reason", "Wrong client", "--json")

    left = [each.id for each in client_of_server.queue.messages().messages]
    assert (said.code, said.json) == (0, {"cancelled": [ids["ana"], ids[""]], "done": True})
    assert left == [ids["mariana"]]
    assert {event.detail.reason for event in AuditEvent.objects.filter(action=Action.MAIL_CANCELLED)} == {
        "Wrong client"
    }


@pytest.mark.parametrize(
    ("which", "left"),
    [
        (("--account", "ana@metrosure.app"), 2),
        (("--domain", "example.org"), 1),
        (("--text", "shop"), 2),
        (("--all",), 0),
    ],
)
def test_some_are_cancelled(
    call: Call, client_of_server: StalwartClient, ids: dict[str, str], which: tuple[str, ...], left: int
) -> None:
    said = call("queue", "cancel", *which, "--json")

    assert len(said.json["cancelled"]) == 3 - left
    assert client_of_server.queue.messages().total == left


@pytest.mark.parametrize("deed", ["retry", "cancel"])
def test_an_unknown_id_is_named_and_nothing_is_changed(
    call: Call, client_of_server: StalwartClient, ids: dict[str, str], deed: str
) -> None:
    said = call("queue", deed, ids["ana"], "9999", "--json")

    assert (said.code, said.error["field"]) == (1, "id")
    assert "9999" in said.error["message"]
    assert ids["ana"] not in said.error["message"]
    assert client_of_server.queue.messages().total == 3
    assert not Operation.objects.exists()


@pytest.mark.parametrize("all_", [True, False])
def test_trying_now_is_done_or_said_to_be_impossible(
    call: Call, client_of_server: StalwartClient, ids: dict[str, str], all_: bool, now: datetime
) -> None:
    said = call("queue", "retry", *(["--all"] if all_ else [ids["ana"]]), "--json")

    tried = {
        each.id for each in client_of_server.queue.messages().messages if each.next_try_at and each.next_try_at < now
    }
    asked = set(ids.values()) if all_ else {ids["ana"]}
    if can_move(client_of_server):
        assert (said.code, set(said.json["retried"]), tried) == (0, asked, asked)
    else:
        assert (said.code, tried) == (1, set())
        assert "can only cancel a whole message" in said.error["message"]
        assert not Operation.objects.filter(status=Status.FAILED).exists()


@pytest.mark.parametrize("arguments", [("list",), ("stats",), ("retry", "--all"), ("cancel", "1"), ("cancel", "--all")])
def test_a_server_that_is_away_is_told(call: Call, server: Simulator, arguments: tuple[str, ...]) -> None:
    server.go_down()

    said = call("queue", *arguments, "--json")

    assert said.code == 1
    assert said.error["message"].startswith(
        "The mail server does not answer. Nothing was changed. Run the command again when it does;"
    )
    assert not Operation.objects.exists()


def test_a_server_that_goes_away_in_between_does_it_later(
    call: Call, server: Simulator, client_of_server: StalwartClient, ids: dict[str, str], clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def gone(*_: object) -> None:
        server.go_down()

    monkeypatch.setattr("accounts.services.mailqueue._log", lambda *_, **__: gone())
    said = call("queue", "cancel", ids["ana"], "--json")
    server.come_up()
    clock.pass_(seconds=10)
    call("runner", "--until-idle")

    assert (said.code, said.json) == (0, {"cancelled": [ids["ana"]], "done": False})
    assert ids["ana"] not in {each.id for each in client_of_server.queue.messages().messages}


def test_stats(call: Call, ids: dict[str, str]) -> None:
    assert call("queue", "stats", "--json").json == {
        "total": 3,
        "oldest_at": "2026-11-24T10:00:00Z",
        "domains": [
            {"domain": "example.org", "messages": 2},
            {"domain": "example.net", "messages": 1},
            {"domain": "shop.metrosure.app", "messages": 1},
        ],
        "answers": [
            {"reason": "not_tried", "words": "Not tried yet", "messages": 2},
            {"reason": "mailbox_full", "words": "The other side says the mailbox is full", "messages": 1},
        ],
    }


def test_the_doctor_knows_how_old_the_queue_is(call: Call, server: Simulator, now: datetime) -> None:
    def finding() -> dict[str, str]:
        (found,) = [each for each in call("doctor", "--json").json["checks"] if each["name"] == "queue age"]
        return dict(found)

    empty = finding()
    server.plant_message("a@metrosure.app", ["x@example.org"], created_at=now - HOUR / 2)
    young = finding()
    server.plant_message("a@metrosure.app", ["x@example.org"], created_at=now - 3 * HOUR)
    old = finding()

    assert (empty["verdict"], empty["found"]) == ("ok", "No mail waits.")
    assert (young["verdict"], young["found"]) == ("ok", "1 message waits, the oldest was handed in 30 min ago.")
    assert (old["verdict"], old["found"]) == ("warn", "2 messages wait, the oldest was handed in 3 h ago.")
    assert "queue stats" in old["advice"]
