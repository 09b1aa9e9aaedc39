"""How mail comes in and goes out: read on both generations, and never a relay's password."""

from __future__ import annotations

import pytest

from stalwart_client import Delivery, Listener
from stalwart_client._delivery import delivery, listener
from tests.stalwart_client.stage import Stage

DOORS_0_15 = [
    ["server.listener.smtp.bind.0", "[::]:25"],
    ["server.listener.smtp.protocol", "smtp"],
    ["server.listener.imaps.bind.0", "192.0.2.7:993"],
    ["server.listener.imaps.protocol", "imap"],
    ["server.listener.imaps.tls.implicit", "true"],
]
RELAY_0_15 = [
    ["queue.route.smart.type", "relay"],
    ["queue.route.smart.address", "relay.example.org"],
    ["queue.route.smart.port", "587"],
    ["queue.route.smart.auth.secret", "hush"],
    ["queue.strategy.route.0.if", "is_local_domain('*', rcpt_domain)"],
    ["queue.strategy.route.0.then", "'local'"],
    ["queue.strategy.route.1.else", "'smart'"],
]


def open_doors(stage: Stage) -> None:
    if stage.is_rest:
        set_up(stage, DOORS_0_15)
        return
    imaps = {"name": "imaps", "bind": {"192.0.2.7:993": True}, "protocol": "imap", "tlsImplicit": True}
    smtp = {"name": "smtp25", "bind": {"[::]:25": True}, "protocol": "smtp"}
    stage.jmap("x:NetworkListener/set", create={"a": imaps, "b": smtp})


def send_through_relay(stage: Stage) -> None:
    if stage.is_rest:
        set_up(stage, RELAY_0_15)
        return
    relay = {"@type": "Relay", "name": "smart", "address": "relay.example.org", "port": 587}
    stage.jmap("x:MtaRoute/set", create={"r": relay})
    stage.jmap("x:MtaOutboundStrategy/set", update={"singleton": {"route/else": "'smart'"}})


def set_up(stage: Stage, values: list[list[str]]) -> None:
    change = {"type": "insert", "prefix": None, "values": values, "assert_empty": False}
    stage.http.post("/api/settings", json=[change], auth=stage.admin).raise_for_status()


def test_a_server_says_how_mail_goes(stage: Stage) -> None:
    found = stage.client.delivery()

    assert found.relays == ()
    assert not found.is_conditional


def test_its_doors_are_told(simulated: Stage) -> None:
    open_doors(simulated)

    found = simulated.client.delivery()

    assert Listener(name="imaps", protocol="imap", address="192.0.2.7", port=993, implicit_tls=True) in found.listeners
    assert found.takes_mail


def test_a_relay_is_told_by_its_host_alone(simulated: Stage) -> None:
    send_through_relay(simulated)

    found = simulated.client.delivery()

    assert found.relays == ("relay.example.org:587",)
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("ways", "relays", "is_conditional"),
    [
        pytest.param(["'mx'"], (), False, id="straight"),
        pytest.param(["'smart'"], ("relay.example.org:25",), False, id="through a relay"),
        pytest.param(["'smart'", "'mx'"], ("relay.example.org:25",), True, id="some through a relay"),
        pytest.param(["dns_query(rcpt_domain)"], (), True, id="a rule that only the server can work out"),
    ],
)
def test_ways_out(ways: list[str], relays: tuple[str, ...], is_conditional: bool) -> None:
    found = delivery([], ways, {"smart": "relay.example.org:25", "unused": "other.example.org:25"})

    assert (found.relays, found.is_conditional) == (relays, is_conditional)


@pytest.mark.parametrize(
    ("bind", "takes_mail"),
    [("0.0.0.0:25", True), ("[::]:25", True), ("127.0.0.1:25", False), ("[::1]:25", False), ("192.0.2.1:2525", False)],
)
def test_mail_from_outside_needs_a_door_outside(bind: str, takes_mail: bool) -> None:
    door = listener("smtp", bind, "smtp", implicit_tls=False)

    assert Delivery(listeners=(door,), relays=(), is_conditional=False).takes_mail is takes_mail
