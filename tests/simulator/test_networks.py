"""Who may come to a server, from where, and what lifts a ban; every rule here is one that a live server showed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.http import Dropped, Request
from stalwart_client.simulator.networks import contains, forwarded, is_scanned
from stalwart_client.simulator.state import GenerationName
from tests.simulator.callers import Jmap, Rest

NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)
HEALTH = Request("GET", "/healthz/live", remote="192.0.2.7")


def setting(server: Simulator, key: str, value: str = "") -> None:
    step = {"type": "insert", "prefix": None, "values": [[key, value]], "assert_empty": False}
    Rest(server)("POST", "/settings", [step])


def settle(server: Simulator, kind: str, **properties: Any) -> None:
    Jmap(server)(f"x:{kind}/set", {"update": {"singleton": properties}})
    Jmap(server).create("Action", **{"@type": "ReloadSettings"})


@pytest.fixture(params=["0.15", "0.16"])
def behind_proxy(request: pytest.FixtureRequest) -> Simulator:
    """A server that trusts a proxy, with small budgets."""
    server = Simulator(request.param, clock=lambda: NOW)
    if server.generation == "0.15":
        setting(server, "http.use-x-forwarded", "true")
        setting(server, "http.rate-limit.anonymous", "3/1m")
        setting(server, "server.auto-ban.auth.rate", "2/1d")
        Rest(server)("GET", "/reload")
    else:
        settle(server, "Http", useXForwarded=True, rateLimitAnonymous={"count": 3, "period": 60_000})
        settle(server, "Security", authBanRate={"count": 2, "period": 86_400_000})
    return server


def coming(server: Simulator, address: str, *, path: str = "/healthz/live", **headers: str) -> int:
    """Return the status for a request that the proxy says comes from an address."""
    return server.handle(Request("GET", path, headers={"x-forwarded-for": address, **headers})).status


def test_a_budget_counts_for_who_the_proxy_says_it_is(behind_proxy: Simulator) -> None:
    statuses = [coming(behind_proxy, "192.0.2.7") for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert coming(behind_proxy, "192.0.2.8") == 200
    assert coming(behind_proxy, "nonsense") == 200


def test_who_fails_too_often_behind_a_proxy_is_told_so_ever_after(behind_proxy: Simulator) -> None:
    wrong = {"authorization": "Basic YWRtaW46d3Jvbmc="}

    statuses = [coming(behind_proxy, "192.0.2.7", path="/jmap/session", **wrong) for _ in range(4)]

    assert statuses == [401, 401, 429, 403]
    assert coming(behind_proxy, "192.0.2.7") == 403
    assert coming(behind_proxy, "192.0.2.8") == 200


def test_one_look_for_a_hole_bans_at_once(behind_proxy: Simulator) -> None:
    assert coming(behind_proxy, "192.0.2.7", path="/wordpress/x.php") == 404
    assert coming(behind_proxy, "192.0.2.7") == 403


def test_settings_of_the_older_generation_count_from_the_reload_on() -> None:
    server = Simulator("0.15", exempt_loopback=False, clock=lambda: NOW)
    setting(server, "server.blocked-ip.192.0.2.7")
    assert server.handle(HEALTH).status == 200

    Rest(server)("GET", "/reload/server.blocked-ip")
    with pytest.raises(Dropped):
        server.handle(HEALTH)

    Rest(server)("DELETE", "/settings/server.blocked-ip.192.0.2.7")
    Rest(server)("GET", "/reload?dry-run=1")
    with pytest.raises(Dropped):
        server.handle(HEALTH)
    server.restart()
    assert server.handle(HEALTH).status == 200


def test_a_network_is_blocked_by_a_whole_reload_only() -> None:
    server = Simulator("0.15", clock=lambda: NOW)
    setting(server, "server.blocked-ip.192.0.2.0/24")

    Rest(server)("GET", "/reload/server.blocked-ip")
    assert server.handle(HEALTH).status == 200
    Rest(server)("GET", "/reload")

    with pytest.raises(Dropped):
        server.handle(HEALTH)
    assert server.handle(replace(HEALTH, remote="192.0.3.7")).status == 200


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_who_is_allowed_is_neither_counted_nor_banned(generation: GenerationName) -> None:
    server = Simulator(generation, exempt_loopback=False, clock=lambda: NOW)
    if generation == "0.15":
        setting(server, "server.allowed-ip.192.0.2.7")
        Rest(server)("GET", "/reload")
    else:
        Jmap(server).create("AllowedIp", address="192.0.2.7")
        Jmap(server).create("Action", **{"@type": "ReloadSettings"})
    wrong = replace(HEALTH, path="/jmap/session", headers={"authorization": "Basic YWRtaW46d3Jvbmc="})

    assert {server.handle(wrong).status for _ in range(130)} == {401}
    assert {server.handle(HEALTH).status for _ in range(130)} == {200}


def test_a_block_of_the_newer_generation_ends_with_its_time() -> None:
    server = Simulator("0.16", clock=lambda: NOW)
    number = Jmap(server).create("BlockedIp", address="192.0.2.7", expiresAt="2026-11-21T12:30:00Z")
    Jmap(server).create("Action", **{"@type": "ReloadBlockedIps"})
    with pytest.raises(Dropped):
        server.handle(HEALTH)

    server.advance(1800)

    assert server.handle(HEALTH).status == 200
    Jmap(server).create("Action", **{"@type": "ReloadBlockedIps"})
    assert Jmap(server)("x:BlockedIp/get", {"ids": [number]})["notFound"] == [number]


def test_addresses_and_networks() -> None:
    assert contains(["192.0.2.7", "10.0.0.0/8"], "10.1.2.3")
    assert not contains(["192.0.2.7", "10.0.0.0/8"], "192.0.2.8")
    assert not contains([], "192.0.2.8")


@pytest.mark.parametrize(("path", "expected"), [("/a/wplogin", False), ("/wp-login", True), ("/x.PHP?", True)])
def test_paths_of_scanners(path: str, *, expected: bool) -> None:
    assert is_scanned(path, ["*/wp-*", "*.php*"]) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-forwarded-for": "192.0.2.7, 10.0.0.1"}, "192.0.2.7"),
        ({"forwarded": 'proto=http;for="[2001:db8::7]"'}, "2001:db8::7"),
        ({"forwarded": "for=192.0.2.9", "x-forwarded-for": "192.0.2.7"}, "192.0.2.9"),
        ({"x-forwarded-for": "unknown"}, None),
        ({}, None),
    ],
)
def test_where_a_proxy_says_a_request_comes_from(headers: dict[str, str], expected: str | None) -> None:
    told = forwarded(Request("GET", "/", headers=headers))

    assert (told.remote if told else None) == expected
