"""Many questions at once, to a public-style resolver and to a zone's own servers, within one time limit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import dns.exception
import dns.resolver

from accounts.domain.dns.names import fqdn, is_under, parents
from accounts.domain.dns.records import SILENCE, Answer, Question, Seen
from accounts.lookups import wire

LIMIT = 5.0
"""Seconds for everything that one check asks, however many records it has."""
_AT_ONCE = 100
_SERVERS = 4
_OWN_SHARE = 0.7
"""Of the time that is left: a zone's silent servers leave some for what comes after them."""

Answers = dict[Question, Answer]


@dataclass(frozen=True, slots=True)
class Server:
    """A name server, by address."""

    host: str
    port: int = 53


FindServers = Callable[[str], Sequence[Server]]
"""From a zone to its own servers."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Knows whom to ask. `authorities` names a zone's own servers where they are not to be looked up."""

    resolvers: Sequence[Server]
    authorities: FindServers | None = None
    limit: float = LIMIT

    def look(self, domain: str) -> Look:
        """Begin to look at a domain: the time runs from now."""
        return Look(self, fqdn(domain))

    async def ask(self, questions: Iterable[Question], ends: float) -> Answers:
        """Ask the resolver alone, until a moment of `time.monotonic`."""
        return await _all(questions, self.resolvers, ends, recursive=True)


@dataclass(slots=True)
class Look:
    """One look at a domain. Its rounds of questions share one time limit, and nothing is asked twice."""

    asker: Asker
    domain: str
    zone: str = ""
    """The zone that the domain is in; the domain itself until that is known."""
    servers: Sequence[Server] | None = None
    answers: dict[Question, Seen] = field(default_factory=dict)
    _ends: float = 0.0

    def __post_init__(self) -> None:
        self.zone = self.domain
        self._ends = time.monotonic() + self.asker.limit

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def ask(self, questions: Collection[Question]) -> Mapping[Question, Seen]:
        """Ask what has not been asked yet, both sides at once; what nobody answers in time stays silence."""
        new = sorted(set(questions) - set(self.answers))
        if not new:
            return self.answers
        if self.is_over:
            self.answers |= dict.fromkeys(new, Seen())
        else:
            self.answers |= asyncio.run(self._ask(new))
        return self.answers

    async def _ask(self, new: list[Question]) -> dict[Question, Seen]:
        public, own = await asyncio.gather(
            _all(new, self.asker.resolvers, self._ends, recursive=True), self._ask_own(new)
        )
        return {each: Seen(own.get(each, SILENCE), public.get(each, SILENCE)) for each in new}

    async def _ask_own(self, new: list[Question]) -> Answers:
        ends = time.monotonic() + (self._ends - time.monotonic()) * _OWN_SHARE
        if self.servers is None:
            self.servers = await self._find_servers(ends)
        theirs = [each for each in new if is_under(each.name, self.zone)]
        return await _all(theirs, self.servers, ends, recursive=False)

    async def _find_servers(self, ends: float) -> Sequence[Server]:
        """Find the zone that the domain is in, and the addresses of its servers."""
        asked = [Question(name, "SOA") for name in parents(self.domain)]
        found = await _all(asked, self.asker.resolvers, ends, recursive=True)
        self.zone = next((each.name for each in asked if found[each].values), self.domain)
        if self.asker.authorities:
            return self.asker.authorities(self.zone)
        question = Question(self.zone, "NS")
        names = (await _all([question], self.asker.resolvers, ends, recursive=True))[question].values[:_SERVERS]
        hosts = [Question(name, kind) for kind in ("A", "AAAA") for name in names]
        addresses = await _all(hosts, self.asker.resolvers, ends, recursive=True)
        return [Server(address) for host in hosts for address in addresses[host].values][:_SERVERS]


def of_system() -> list[Server]:
    """Return the resolvers that this machine is set to."""
    try:
        found = dns.resolver.Resolver()
    except dns.exception.DNSException:  # no or an unreadable resolv.conf
        return []
    return [Server(str(host), found.port) for host in found.nameservers]


async def _all(questions: Iterable[Question], servers: Sequence[Server], ends: float, *, recursive: bool) -> Answers:
    """Ask everything at the same time; who has not answered by the end is silence."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(question: Question) -> tuple[Question, Answer]:
        async with gate:
            return question, await _one(question, servers, ends, recursive=recursive)

    return dict(await asyncio.gather(*map(one, questions)))


async def _one(question: Question, servers: Sequence[Server], ends: float, *, recursive: bool) -> Answer:
    """Ask one server after the other, and again, until one knows or the time is over."""
    refused = SILENCE
    for attempt in range(2 * len(servers)):
        left = ends - time.monotonic()
        if left <= 0:
            break
        server = servers[attempt % len(servers)]
        # The last try waits as long as there is time: a slow answer is one too.
        is_last = attempt == 2 * len(servers) - 1
        patience = left if is_last else min(wire.PATIENCE, left)
        answer = await wire.ask(question, server.host, server.port, patience, recursive=recursive)
        if answer.is_known:
            return answer
        refused = answer if answer != SILENCE else refused
    return refused
