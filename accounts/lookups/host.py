"""The mail host as others meet it: its addresses, their names in reverse, block lists, ports and certificates."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from accounts.domain.dns.hosts import PORTS, HostFinding, Port, listing, listing_question, reverse
from accounts.domain.dns.mail import is_inside
from accounts.domain.dns.names import fqdn
from accounts.domain.dns.records import SILENCE, Answer, Question
from accounts.lookups.ports import knock
from accounts.lookups.resolver import LIMIT, Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSeen:
    host: str
    addresses: tuple[str, ...]
    findings: tuple[HostFinding, ...]
    """Of its addresses."""
    ports: tuple[Port, ...]


Endpoint = tuple[str, int]


def _itself(address: str, port: int) -> Endpoint:
    return address, port


@dataclass(frozen=True, slots=True)
class HostLooker:
    """Looks at a mail host. `endpoint` says where a port really is, for tests that cannot listen on 25."""

    asker: Asker
    lists: Sequence[str] = ()
    endpoint: Callable[[str, int], Endpoint] = _itself
    limit: float = LIMIT

    def look(self, host: str, addresses: Sequence[str] = ()) -> HostSeen:
        """Look at a host, all within one time limit; its addresses are asked for where they are not given."""
        return asyncio.run(self._look(host, tuple(addresses), time.monotonic() + self.limit))

    async def _look(self, host: str, given: tuple[str, ...], ends: float) -> HostSeen:
        known = given or await self._addresses(host, ends)
        outside = [address for address in known if not is_inside(address)]
        names, listings, ports = await asyncio.gather(
            self._names(host, outside, ends), self._listings(outside, ends), self._ports(host, known, ends)
        )
        return HostSeen(host=fqdn(host), addresses=known, findings=(*names, *listings), ports=tuple(ports))

    async def _addresses(self, host: str, ends: float) -> tuple[str, ...]:
        answers = await self.asker.ask([Question(fqdn(host), "A"), Question(fqdn(host), "AAAA")], ends)
        return tuple(value for answer in answers.values() for value in answer.values)

    async def _names(self, host: str, addresses: Sequence[str], ends: float) -> list[HostFinding]:
        """Ask for the name of each address, and whether it leads back."""
        pointers = {address: Question(fqdn(ip_address(address).reverse_pointer), "PTR") for address in addresses}
        names = await self.asker.ask(pointers.values(), ends)
        forwards = {
            address: [Question(name, "AAAA" if ":" in address else "A") for name in names[question].values]
            for address, question in pointers.items()
        }
        answers = await self.asker.ask({each for questions in forwards.values() for each in questions}, ends)
        return [
            reverse(address, names[pointers[address]], _together(answers, forwards[address]), host)
            for address in addresses
        ]

    async def _listings(self, addresses: Sequence[str], ends: float) -> list[HostFinding]:
        asked = {
            (address, zone): Question(listing_question(address, zone), "A")
            for address in addresses
            for zone in self.lists
        }
        answers = await self.asker.ask(asked.values(), ends)
        return [listing(address, zone, answers[question]) for (address, zone), question in asked.items()]

    async def _ports(self, host: str, addresses: Sequence[str], ends: float) -> list[Port]:
        """Knock at every port of the first address, all at once."""
        if not addresses:
            return [Port(number=port, is_open=None) for port in PORTS]
        knocks = (knock(port, host, self.endpoint(addresses[0], port), ends - time.monotonic()) for port in PORTS)
        return await asyncio.gather(*knocks)


def _together(answers: Mapping[Question, Answer], questions: Sequence[Question]) -> Answer:
    """Return the values of several answers as one; silence only where nobody answered."""
    known = [answers[question] for question in questions if answers[question].is_known]
    if not known:
        return SILENCE
    return Answer(known[0].outcome, tuple(value for answer in known for value in answer.values))
