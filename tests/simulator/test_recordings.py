"""The simulator's answers are those that real servers gave: the contract that keeps it from agreeing with us."""

from __future__ import annotations

import smtplib
import threading

import httpx
import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.serve import Server
from stalwart_client.simulator.state import GenerationName
from tests.simulator.callers import Jmap, Rest
from tests.simulator.recording import ADMIN, START, Replay, Step, steps

PLANTER = "Correct-Horse-9-battery-staple"
NOT_HELD: dict[str, dict[str, str]] = {
    "rest-0.15.5": {},
    "rest-0.15.5-queue": {},
    "jmap-0.16.18": {},
    "jmap-0.16.18-queue": {},
}
"""Steps whose answers the simulator does not give, with the reason; one that holds again fails the test."""


def replayed(server: Simulator, replay: Replay, name: str) -> dict[str, list[str]]:
    """Send a recording's steps in order and return where our answers differ."""
    different = {}
    for step in steps(f"{name}.jsonl"):
        server.advance(step.wait)
        if step.name:
            found = replay.differences(step, replay.send(step))
            if found:
                different[step.name] = found
    return different


def check(different: dict[str, list[str]], recording: str) -> None:
    known = NOT_HELD[recording]
    assert {name: found for name, found in different.items() if name not in known} == {}
    assert set(known) <= set(different), "these hold now, take them off the list"


def plant(server: Simulator, *, by_hand: bool = True) -> None:
    """Do what was done between the two recordings of a server: see README.md beside them."""
    if server.generation == "0.15":
        fields = {"emails": ["q@metrosure.app"], "secrets": ["Pw-12345678"], "roles": ["user"]}
        rest = Rest(server, *ADMIN.split(":"))
        rest.create("domain", "metrosure.app")
        rest.create("individual", "q@metrosure.app", **fields)
        rest("PATCH", "/queue/status/stop")
    else:
        jmap = Jmap(server, *ADMIN.split(":"))
        credential = {"@type": "Password", "secret": PLANTER}
        jmap.create("Account", **{"@type": "User", "name": "q", "domainId": "b", "credentials": {"0": credential}})
        jmap("x:Action/set", {"create": {"a": {"@type": "PauseMtaQueue"}}})
    for place in range(3) if by_hand else ():
        server.plant_message(
            "q@metrosure.app", [f"two{place}@other.example.org", f"dest{place}@unreachable.example.org"]
        )
        server.advance(1)


@pytest.mark.parametrize(("recording", "generation"), [("rest-0.15.5", "0.15"), ("jmap-0.16.18", "0.16")])
def test_every_recorded_step_gets_the_recorded_answer(recording: str, generation: GenerationName) -> None:
    server = Simulator(generation, admin=ADMIN, clock=lambda: START)
    replay = Replay(httpx.Client(transport=server.transport(), base_url="http://mail.metrosure.test:8215"))

    check(replayed(server, replay, recording), recording)

    plant(server)
    check(replayed(server, replay, f"{recording}-queue"), f"{recording}-queue")


def hand_in(server: Simulator) -> None:
    """Plant the messages as they were planted on the real servers: by submission, while the queue is paused."""
    plant(server, by_hand=False)
    port = server.listen("submission").port
    for place in range(3):
        with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example.org", timeout=10) as smtp:
            smtp.login("q@metrosure.app", "Pw-12345678" if server.generation == "0.15" else PLANTER)
            to = [f"two{place}@other.example.org", f"dest{place}@unreachable.example.org"]
            smtp.sendmail("q@metrosure.app", to, "Subject: x\r\n\r\nHello\r\n")
        server.advance(1)


@pytest.mark.parametrize(("recording", "generation"), [("rest-0.15.5", "0.15"), ("jmap-0.16.18", "0.16")])
def test_the_recorded_answers_come_over_a_socket_too(recording: str, generation: GenerationName) -> None:
    server = Simulator(generation, admin=ADMIN, clock=lambda: START)
    headers = {"host": "mail.metrosure.test:8215"}
    with Server(server, host="127.0.0.1", port=0) as listening, httpx.Client(base_url=listening.url) as client:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}).start()
        client.headers.update(headers)
        replay = Replay(client)

        check(replayed(server, replay, recording), recording)
        hand_in(server)
        check(replayed(server, replay, f"{recording}-queue"), f"{recording}-queue")
        listening.shutdown()
    server.close()


def test_a_wrong_answer_would_be_noticed() -> None:
    replay = Replay(httpx.Client())
    recorded = {"status": 200, "headers": {"content-type": "x"}, "body": {"data": {"id": 1, "list": ["a"], "at": "b"}}}
    ours = httpx.Response(201, headers={"content-type": "y"}, json={"data": {"id": True, "list": ["b"], "more": 1}})

    found = replay.differences(Step("x", {}, recorded), ours)

    assert found == ["status 201", "content-type: 'y'", "/data: keys ['at', 'more']"]


def test_the_list_of_exceptions_names_real_steps() -> None:
    for recording, known in NOT_HELD.items():
        assert set(known) <= {step.name for step in steps(f"{recording}.jsonl")}
        assert all(known.values())
