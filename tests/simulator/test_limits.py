"""How much may be asked, and what happens to who asks too much."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import httpx
import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.http import Dropped, Request
from stalwart_client.simulator.state import GenerationName
from tests.simulator.callers import STRONG, Jmap, Rest, add_user, client_of, jmap_server, rest_server

NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)


class Gate:
    """A sleep that holds requests until it is opened."""

    def __init__(self, expected: int) -> None:
        self.arrived = threading.Barrier(expected + 1)
        self.opened = threading.Event()

    def __call__(self, _seconds: float) -> None:
        self.arrived.wait(timeout=10)
        self.opened.wait(timeout=10)


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_an_account_has_four_requests_at_once(generation: GenerationName) -> None:
    gate = Gate(4)
    server = rest_server(sleep=gate) if generation == "0.15" else jmap_server(sleep=gate)
    if generation == "0.15":
        Rest(server).create("individual", "ana@example.org", secrets=[STRONG], roles=["user"])
    else:
        add_user(server)
    client = client_of(server, "ana@example.org", STRONG)
    server.latency(1)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(client.get("/jmap/session").status_code)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    gate.arrived.wait(timeout=10)

    fifth = client.get("/jmap/session")

    gate.opened.set()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    assert (fifth.status_code, fifth.json()["limit"]) == (400, "maxConcurrentRequests")


def test_an_account_has_a_thousand_requests_a_minute() -> None:
    server = jmap_server(clock=lambda: NOW, exempt_loopback=False)
    add_user(server)
    client = client_of(server, "ana@example.org", STRONG)

    statuses = [client.get("/jmap/session").status_code for _ in range(1001)]
    last = client.get("/jmap/session")

    assert (set(statuses[:1000]), statuses[1000]) == ({200}, 429)
    assert last.headers["retry-after"] == "50"
    server.advance(50)
    assert client.get("/jmap/session").status_code == 200


@pytest.mark.parametrize(("exempt", "expected"), [(True, 200), (False, 429)])
def test_health_checks_share_the_budget_of_the_anonymous(*, exempt: bool, expected: int) -> None:
    server = Simulator("0.15", exempt_loopback=exempt, clock=lambda: NOW)
    client = httpx.Client(transport=server.transport(), base_url="http://x")

    statuses = [client.get("/healthz/live").status_code for _ in range(101)]

    assert (statuses[99], statuses[100]) == (200, expected)


def test_a_bearer_key_shares_that_budget_and_basic_does_not() -> None:
    server = rest_server(exempt_loopback=False, clock=lambda: NOW)
    Rest(server).create("apiKey", "panel", secrets=["s3cret"], roles=["admin"])
    client = httpx.Client(transport=server.transport(), base_url="http://x")
    headers = {"authorization": "Bearer api_cGFuZWw6czNjcmV0"}

    statuses = [client.get("/api/principal", headers=headers).status_code for _ in range(101)]

    assert (statuses[99], statuses[100]) == (200, 429)
    assert client_of(server, "panel", "s3cret").get("/api/principal").status_code == 200


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_a_hundred_failures_ban_an_address(generation: GenerationName) -> None:
    server = Simulator(generation, exempt_loopback=False, clock=lambda: NOW)
    headers = {"authorization": "Basic YWRtaW46d3Jvbmc="}
    wrong = Request("GET", "/jmap/session", headers=headers, remote="192.0.2.7")

    statuses = []
    for _ in range(101):
        statuses.append(server.handle(wrong).status)
        server.advance(1)

    assert (set(statuses[:100]), statuses[100]) == ({401}, 429)
    with pytest.raises(Dropped):
        server.handle(wrong)


def test_loopback_is_never_banned() -> None:
    server = jmap_server()
    client = client_of(server, "admin", "wrong")

    assert {client.get("/jmap/session").status_code for _ in range(120)} == {401}
    assert Jmap(server)("x:BlockedIp/get", {"ids": None})["list"] == []


def test_a_ban_on_rest_is_lifted_in_three_steps() -> None:
    server = Simulator("0.15", exempt_loopback=False, clock=lambda: NOW)
    wrong = Request("GET", "/api/principal", headers={"authorization": "Basic bm9ib2R5Ondyb25n"}, remote="192.0.2.7")
    for _ in range(101):
        server.handle(wrong)
    rest = Rest(server)

    rest("DELETE", "/settings/server.blocked-ip.192.0.2.7")
    rest("GET", "/reload/server.blocked-ip")
    assert server.handle(wrong).status == 429, "the day's count is still over the limit"

    rest("DELETE", "/settings/server.blocked-ip.192.0.2.7")
    rest("GET", "/store/purge/in-memory/default/rate-auth")
    with pytest.raises(Dropped):
        server.handle(wrong)

    rest("GET", "/reload/server.blocked-ip")
    assert server.handle(wrong).status == 401
