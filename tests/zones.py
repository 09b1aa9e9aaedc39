"""Zones for tests: one as it should be, written by the panel itself, and ways to break it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import lookups
from accounts.domain.dns.zonefile import zone_file
from accounts.lookups import Asker, HostLooker, Server
from accounts.models import MailDomain
from accounts.services import dns
from tests.nameserver import Names

_MORE = """
@ 60 IN NS ns1
ns1 60 IN A 198.51.100.53
"""


@dataclass
class World:
    """The DNS of a test: one name server that is the resolver and, if `own` is set, another for the zones' own word."""

    names: Names
    resolver: Server
    own: Server | None = None

    def ask_here(self, *, limit: float = 5.0) -> None:
        """Put these servers behind the panel's door."""
        own = [self.own] if self.own else []
        asker = Asker([self.resolver], authorities=lambda _: own, limit=limit)
        # No test knocks at a mail host outside: every port is one where nobody listens.
        lookups.use(asker, HostLooker(asker, endpoint=lambda *_: ("127.0.0.1", 1)))

    def publish(self, domain: MailDomain, *, host_address: str = "198.51.100.24") -> None:
        """Publish everything that the domain should have."""
        wanted, _ = dns.wanted_records(domain)
        host = next(each.record.content.split()[-1] for each in wanted if each.record.type == "MX")
        lines = zone_file(domain.name, wanted) + _MORE
        address = f"{host} 60 IN A {host_address}\n"
        if host.endswith(f".{domain.name}."):
            lines += address
        else:
            zone = host.partition(".")[2]
            self.names.zones[zone] = address
        self.names.zones[f"{domain.name}."] = lines

    def change(self, domain: MailDomain, old: str, new: str) -> None:
        """Write something else into the zone; the old text has to be there."""
        zone = f"{domain.name}."
        assert old in self.names.zones[zone]
        self.names.zones[zone] = self.names.zones[zone].replace(old, new)

    def drop(self, domain: MailDomain, start: str) -> None:
        """Take the lines away that begin so."""
        zone = f"{domain.name}."
        kept = [line for line in self.names.zones[zone].splitlines() if not line.startswith(start)]
        assert len(kept) < len(self.names.zones[zone].splitlines())
        self.names.zones[zone] = "\n".join(kept) + "\n"
