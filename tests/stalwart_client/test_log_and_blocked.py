"""The log of one address, and addresses that are kept out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from stalwart_client import Invalid, LogLine, StalwartClient, Unsupported
from stalwart_client._jmap import JmapDriver
from stalwart_client._jmap_call import id_number
from stalwart_client._rest import RestDriver
from tests.stalwart_client.answers import Player, data, methods, recorded
from tests.stalwart_client.stage import Stage

ANA = "ana@example.org"


@pytest.fixture
def client(stage: Stage) -> StalwartClient:
    return stage.client


def rest_line(event: str, details: str) -> dict[str, str]:
    about = {"timestamp": "2026-11-21T10:32:14Z", "level": "INFO", "event": "Something"}
    return about | {"event_id": event, "details": details}


def test_lines_of_0_15_are_read_without_raw_traffic() -> None:
    lines = [rest_line("auth.success", f'accountName = "{ANA}"'), rest_line("smtp.raw-input", f"{ANA} s3cret")]
    player = Player(data({"items": lines, "total": 2}))

    with player.sender() as sender:
        found = RestDriver(sender).log.lines(ANA.upper(), limit=7)

    at = datetime(2026, 11, 21, 10, 32, 14, tzinfo=UTC)
    assert found == [LogLine(at, "info", "auth.success", f'Something: accountName = "{ANA}"')]
    assert player.lines == ["GET /api/logs?filter=ana%40example.org&page=1&limit=7"]


def test_fewer_lines_are_asked_for_where_the_server_cannot_read_so_far() -> None:
    broken = httpx.Response(200, json={"error": "other", "details": "Failed to read log files", "reason": "utf-8"})
    player = Player(broken, broken, data({"items": [rest_line("auth.success", ANA)], "total": 1}))

    with player.sender() as sender:
        assert len(RestDriver(sender).log.lines(ANA, limit=100)) == 1
    with Player(broken).sender() as sender, pytest.raises(Unsupported):
        RestDriver(sender).log.lines(ANA)

    assert [each.url.params["limit"] for each in player.requests] == ["100", "50", "25"]


def jmap_log(query: list[Any]) -> httpx.Response:
    shown = {"timestamp": "2026-11-21T10:32:14Z", "level": "info", "event": "auth.success", "details": ANA, "id": "hl7"}
    return methods(query, ["x:Log/get", {"list": [shown], "notFound": []}, "1"])


def test_fewer_lines_are_asked_for_on_0_16_too() -> None:
    unavailable = methods(["error", {"type": "serverUnavailable"}, "0"], ["error", {"type": "x"}, "1"])
    none_there = methods(["x:Domain/query", {"ids": []}, "0"], ["x:Domain/get", {"list": [], "notFound": []}, "1"])
    session = recorded("jmap-0.16.18", "session as admin")
    player = Player(unavailable, jmap_log(["x:Log/query", {"ids": ["hl7"]}, "0"]), session, none_there)

    with player.sender() as sender:
        lines = JmapDriver(sender).log.lines(ANA, limit=100)

    assert [line.text for line in lines] == [ANA]
    limits = [call[1]["limit"] for body in player.bodies[:2] for call in body["methodCalls"] if "limit" in call[1]]
    assert limits == [100, 50]


@pytest.mark.parametrize(
    ("driver", "answer"),
    [
        (RestDriver, httpx.Response(200, json={"error": "unsupported", "details": "Tracer log path not configured"})),
        (JmapDriver, methods(["error", {"type": "invalidArguments"}, "0"], ["error", {"type": "x"}, "1"])),
    ],
    ids=["0.15", "0.16"],
)
def test_a_server_without_a_log_says_so(driver: Any, answer: httpx.Response) -> None:
    with Player(answer).sender() as sender, pytest.raises(Unsupported, match="tracer"):
        driver(sender).log.lines(ANA)


@pytest.mark.parametrize(("ident", "number"), [("a", 0), ("b", 1), ("3", 31), ("ba", 32), ("ede", 4196)])
def test_an_id_stands_for_a_number(ident: str, number: int) -> None:
    assert id_number(ident) == number


def test_an_address_is_blocked_and_released(client: StalwartClient) -> None:
    address, network = "192.0.2.66", "2001:db8:66::/48"

    client.blocked.block(address)
    client.blocked.block(address)
    client.blocked.block(network)
    blocked = {each.address for each in client.blocked.all()}
    client.blocked.release(address)
    client.blocked.release(address)
    client.blocked.release(network)

    assert {address, network} <= blocked
    assert {address, network}.isdisjoint(each.address for each in client.blocked.all())


@pytest.mark.parametrize("address", ["", "mail.example.org", "192.0.2.300", "192.0.2.1/64"])
def test_what_is_no_address_is_neither_blocked_nor_released(simulated: Stage, address: str) -> None:
    with pytest.raises(Invalid):
        simulated.client.blocked.block(address)
    with pytest.raises(Invalid):
        simulated.client.blocked.release(address)


def test_a_release_takes_three_steps_on_0_15() -> None:
    player = Player(data(None))

    with player.sender() as sender:
        RestDriver(sender).blocked.release("192.0.2.66")

    assert player.lines == [
        "DELETE /api/settings/server.blocked-ip.192.0.2.66",
        "GET /api/reload/server.blocked-ip",
        "GET /api/store/purge/in-memory/default/rate-auth",
    ]


def test_what_is_there_of_the_log_is_told(stage: Stage, client: StalwartClient) -> None:
    address = stage.opened("ana", password="Correct-Horse-9-battery")
    stage.sign_in(address, "Correct-Horse-9-battery")

    lines = client.log.lines(address, limit=1)

    assert [line.event for line in lines] == ["auth.success"]
