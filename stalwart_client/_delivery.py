"""How mail comes in and goes out: the doors of the server, and its way to other servers."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_BY_MX = "mx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A door of the server: an address and a port that it listens on."""

    name: str
    protocol: str
    """smtp, lmtp, http, imap, pop3 or manageSieve, as the server calls it."""
    address: str
    port: int
    implicit_tls: bool
    """Encrypted from the first byte; others can offer STARTTLS."""

    @property
    def is_local(self) -> bool:
        """Only programs on the same machine reach it."""
        try:
            return ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How mail comes in and goes out."""

    listeners: tuple[Listener, ...]
    """By protocol and port."""
    relays: tuple[str, ...]
    """The hosts ("host:port") that mail for other servers is handed to; none: straight to their MX hosts."""
    is_conditional: bool
    """It depends on the message which way it goes."""

    @property
    def takes_mail(self) -> bool:
        """Other servers can hand mail over: SMTP on port 25, and not on this machine's own address alone."""
        return any(each.protocol == "smtp" and each.port == 25 and not each.is_local for each in self.listeners)


def listener(name: str, bind: str, protocol: str, *, implicit_tls: bool) -> Listener:
    """Read a door from "192.0.2.1:25" or "[::]:25".

    :raises ValueError: if it is neither
    """
    address, _, port = bind.rpartition(":")
    return Listener(
        name=name, protocol=protocol, address=address.strip("[]"), port=int(port), implicit_tls=implicit_tls
    )


def delivery(listeners: Iterable[Listener], ways: Iterable[str], relays: Mapping[str, str]) -> Delivery:
    """Put together what was read.

    :param ways: the expressions that choose a route, each the quoted name of one, or a rule that only the server
        can work out
    :param relays: the host of each route that is a relay
    """
    names = [way.strip().strip("'\"") for way in ways]
    return Delivery(
        listeners=tuple(sorted(listeners, key=lambda each: (each.protocol, each.port, each.address))),
        relays=tuple(sorted({relays[name] for name in names if name in relays})),
        is_conditional=len(set(names)) > 1 or not all(name in relays or name == _BY_MX for name in names),
    )
