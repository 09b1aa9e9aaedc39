"""Finding out which generation a server is, and noticing when that changes."""

from __future__ import annotations

import httpx
import pytest

from stalwart_client import (
    Busy,
    Create,
    Credentials,
    Generation,
    StalwartClient,
    StalwartError,
    Unexpected,
    Unreachable,
    Wanted,
)
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import ADMIN, Player, problem, recorded
from tests.stalwart_client.stage import Simulated

ANA = "ana@metrosure.app"


class Line(httpx.BaseTransport):
    """The way to a server, which can lead to another one later."""

    def __init__(self, to: Simulator) -> None:
        self.to = to

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self.to.transport().handle_request(request)


def client_of(transport: httpx.BaseTransport, credentials: Credentials = ADMIN) -> StalwartClient:
    return StalwartClient("http://mail.test", credentials, transport=transport, sleep=lambda _: None)


def prepared(generation: Simulated, *addresses: str) -> Simulator:
    simulator = Simulator(generation=generation)
    client = client_of(simulator.transport())
    client.ensure_domain("metrosure.app")
    client.apply([Create(wanted=Wanted(address=address)) for address in addresses])
    return simulator


@pytest.mark.parametrize(
    ("recording", "name", "generation"),
    [
        ("rest-0.15.5", "principal without credentials", Generation.REST),
        ("jmap-0.16.18", "principal anonymous", Generation.JMAP),
    ],
)
def test_a_server_is_recognised_by_one_anonymous_request(recording: str, name: str, generation: Generation) -> None:
    player = Player(recorded(recording, name))
    client = client_of(player.transport())

    assert client.generation == generation
    assert client.generation == generation
    assert player.lines == ["GET /api/principal"]
    assert "authorization" not in player.requests[0].headers


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(httpx.Response(200, html="<html>"), Unexpected, id="a web page"),
        pytest.param(httpx.Response(200, json={}), Unexpected, id="another program"),
        pytest.param(httpx.Response(404, html="<html>"), Unexpected, id="another program's 404"),
        pytest.param(httpx.Response(301, headers={"location": "https://x/"}), Unexpected, id="a redirect"),
        pytest.param(problem(429), Busy, id="a limit leaves it open"),
        pytest.param(httpx.ReadError("reset"), Unreachable, id="a broken line leaves it open"),
    ],
)
def test_what_cannot_be_recognised(answer: httpx.Response | Exception, error: type[StalwartError]) -> None:
    player = Player(answer)
    client = client_of(player.transport())

    with pytest.raises(error):
        _ = client.generation
    with pytest.raises(error):
        client.facts()


def test_nothing_is_sent_before_it_is_needed() -> None:
    player = Player(problem(401))

    client_of(player.transport()).close()

    assert player.requests == []


@pytest.mark.parametrize(("before", "after"), [("0.15", "0.16"), ("0.16", "0.15")])
def test_an_upgrade_under_the_client_is_noticed(before: Simulated, after: Simulated) -> None:
    line = Line(prepared(before, ANA))
    reading, walking, writing, asking = (client_of(line) for _ in range(4))
    for client in (reading, walking, writing, asking):
        assert client.generation == before

    line.to = prepared(after, ANA)

    assert reading.mailbox(ANA).address == ANA
    assert [each.address for each in walking.walk()] == [ANA]
    assert asking.facts().generation == after
    outcomes = writing.apply([Create(wanted=Wanted(address=f"u{n}@metrosure.app")) for n in range(10)])
    assert [outcome.error for outcome in outcomes] == [None] * 10
    assert {client.generation for client in (reading, walking, writing, asking)} == {after}


def test_an_answer_that_does_not_fit_asks_again_only_once() -> None:
    rest = recorded("rest-0.15.5", "principal without credentials")
    player = Player(rest, httpx.Response(200, html="<html>"), rest, httpx.Response(200, html="<html>"))
    client = client_of(player.transport())

    with pytest.raises(Unexpected):
        client.mailbox(ANA)

    assert player.lines == ["GET /api/principal", "GET /api/principal/ana%40metrosure.app", "GET /api/principal"]


def test_a_walk_that_fails_in_the_middle_does_not_begin_again() -> None:
    first_page = {"data": {"items": [{"name": ANA, "emails": [ANA]}], "total": 2000}}
    player = Player(
        recorded("rest-0.15.5", "principal without credentials"),
        httpx.Response(200, json=first_page),
        httpx.Response(200, html="<html>"),
    )
    walk = client_of(player.transport()).walk()

    assert next(walk).address == ANA
    with pytest.raises(Unexpected):
        next(walk)
    assert len(player.requests) == 3


def test_credentials_and_secrets_do_not_show() -> None:
    credentials = Credentials(user="admin", secret="s3cret", token="t0ken")
    create = Create(wanted=Wanted(address=ANA), secret="s3cret")

    assert "s3cret" not in repr(credentials) + repr(create)
    assert "t0ken" not in repr(credentials)
