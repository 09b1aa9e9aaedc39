"""Lists of addresses and name servers in the environment: read, or refused with the variable's name."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from metrosure_admin import env


@pytest.mark.parametrize(
    ("value", "endpoints"),
    [
        ("", []),
        ("127.0.0.1:5353, 9.9.9.9", [("127.0.0.1", 5353), ("9.9.9.9", 53)]),
        ("[::1]:5353,2620:fe::fe,[2620:fe::9]", [("::1", 5353), ("2620:fe::fe", 53), ("2620:fe::9", 53)]),
    ],
)
def test_name_servers_are_read(value: str, endpoints: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNS_RESOLVERS", value)

    assert env.endpoints("DNS_RESOLVERS", 53) == endpoints


@pytest.mark.parametrize(
    "value", ["resolver.example.org", "127.0.0.1:port", "127.0.0.1:99999", "[::1", "127.0.0.1:53:53"]
)
def test_what_is_no_name_server_stops_the_start(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNS_RESOLVERS", value)

    with pytest.raises(ImproperlyConfigured, match="DNS_RESOLVERS="):
        env.endpoints("DNS_RESOLVERS", 53)


def test_addresses_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_ADDRESSES", "198.51.100.24, 2001:DB8::24")

    assert env.addresses("MAIL_ADDRESSES") == ["198.51.100.24", "2001:db8::24"]


def test_a_host_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_ADDRESSES", "mail.example.org")

    with pytest.raises(ImproperlyConfigured, match="MAIL_ADDRESSES="):
        env.addresses("MAIL_ADDRESSES")
