"""Name servers on loopback, made of real zone files: the zone's own, a public-style resolver, and silent ones."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from threading import Thread

from dnslib import CLASS, QTYPE, RCODE, RR, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

from accounts.lookups import Server

_SOA = "@ 60 IN SOA ns1 hostmaster 1 3600 600 86400 60\n"


@dataclass
class Names(BaseResolver):  # type: ignore[misc]
    """Answers from zones by their names; tests change `zones` while it runs."""

    zones: dict[str, str]
    recursive: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    def resolve(self, request: DNSRecord, _handler: DNSHandler) -> DNSRecord:
        question = request.q
        name, kind = str(question.qname).lower(), QTYPE[question.qtype]
        self.asked.append((name, kind))
        reply = request.reply(aa=0 if self.recursive else 1, ra=1 if self.recursive else 0)
        zone = next((each for each in sorted(self.zones, key=len, reverse=True) if _is_in(name, each)), None)
        if zone is None:
            reply.header.rcode = RCODE.NXDOMAIN if self.recursive else RCODE.REFUSED
            return reply
        self._answer(reply, _records(self.zones[zone], zone), name, kind)
        return reply

    def _answer(self, reply: DNSRecord, records: list[RR], name: str, kind: str) -> None:
        for _ in range(8):
            there = [record for record in records if str(record.rname).lower() == name]
            if not there:
                star = "*." + name.partition(".")[2]
                there = [_renamed(record, name) for record in records if str(record.rname).lower() == star]
            if not there:
                reply.header.rcode = reply.header.rcode if reply.rr else RCODE.NXDOMAIN
                return
            fitting = [record for record in there if QTYPE[record.rtype] == kind]
            aliases = [record for record in there if QTYPE[record.rtype] == "CNAME"]
            reply.add_answer(*(fitting or aliases))
            if fitting or not aliases:
                return
            name = str(aliases[0].rdata.label).lower()


def _bound(names: Names) -> tuple[DNSServer, DNSServer]:
    """Find a port that is free for both; a connection of somebody else may hold the one that UDP was given."""
    logger = DNSLogger(log="-request,-reply,-truncated,-error,-recv,-send,-data", logf=lambda _: None)
    for _ in range(50):
        udp = DNSServer(names, address="127.0.0.1", port=0, logger=logger)
        try:
            port = udp.server.server_address[1]
            return udp, DNSServer(names, address="127.0.0.1", port=port, tcp=True, logger=logger)
        except OSError:
            udp.server.server_close()
    raise OSError("No port is free for both UDP and TCP.")


@contextmanager
def serving(names: Names) -> Iterator[Server]:
    """Answer on a free port, by UDP and TCP."""
    udp, tcp = _bound(names)
    port = udp.server.server_address[1]
    threads = [Thread(target=each.server.serve_forever, args=(0.01,), daemon=True) for each in (udp, tcp)]
    for thread in threads:
        thread.start()
    try:
        yield Server("127.0.0.1", port)
    finally:
        for server in (udp, tcp):
            server.server.shutdown()
            server.server.server_close()


@contextmanager
def silence() -> Iterator[Server]:
    """Take questions and never answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        yield Server("127.0.0.1", mute.getsockname()[1])


@cache
def _records(zone: str, name: str) -> list[RR]:
    return list(RR.fromZone(_SOA + zone, origin=name))


def _is_in(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def _renamed(record: RR, name: str) -> RR:
    return RR(name, record.rtype, CLASS.IN, record.ttl, record.rdata)
