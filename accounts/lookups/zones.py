"""Answers out of zone files instead of name servers: the demo must neither ask nor judge names that are somebody's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import dns.message
import dns.name
import dns.rdatatype
import dns.zone

from accounts.domain.dns.names import bare, fqdn, is_under
from accounts.domain.dns.records import SILENCE, Answer, Question, Seen
from accounts.lookups import wire
from accounts.lookups.resolver import Answers, Asker, Look

_CHAIN = 8


@dataclass(frozen=True, slots=True)
class ZoneFiles(Asker):
    """Knows what stands in `example.org.zone` of a folder; of all other names it says nothing, like who is silent."""

    folder: Path = Path()

    def look(self, domain: str) -> Look:
        return _ZoneLook(self, fqdn(domain))

    async def ask(self, questions: Iterable[Question], ends: float) -> Answers:  # noqa: ARG002 - nothing is waited for
        return {question: self.answer(question) for question in questions}

    def zone_of(self, name: str) -> str:
        """Return the zone of a name that has a file here, the longest if several; else an empty text."""
        known = [fqdn(file.stem) for file in self.folder.glob("*.zone")]
        return max((zone for zone in known if is_under(name, zone)), key=len, default="")

    def answer(self, question: Question) -> Answer:
        zone = self.zone_of(question.name)
        if not zone:
            return SILENCE
        file = self.folder / f"{bare(zone)}.zone"
        return _answer(_read(file.read_text(encoding="utf-8"), zone), question)


class _ZoneLook(Look):
    async def _ask(self, new: list[Question]) -> dict[Question, Seen]:
        files = self.asker
        assert isinstance(files, ZoneFiles)  # noqa: S101 - tells mypy who makes this look
        self.zone = files.zone_of(self.domain) or self.domain
        return {question: Seen(answer, answer) for question in new for answer in [files.answer(question)]}


@lru_cache(maxsize=8)
def _read(text: str, zone: str) -> dns.zone.Zone:
    return dns.zone.from_text(text, origin=zone, relativize=False, check_origin=False)


def _answer(zone: dns.zone.Zone, question: Question) -> Answer:
    """Answer as the zone's own server would: the records, with the aliases that lead to them."""
    query = dns.message.make_query(question.name, question.type)
    reply = dns.message.make_response(query)
    name, kind = dns.name.from_text(question.name), dns.rdatatype.from_text(question.type)
    for _ in range(_CHAIN):
        if found := zone.get_rrset(name, kind):
            reply.answer.append(found)
            break
        if not (alias := zone.get_rrset(name, dns.rdatatype.CNAME)):
            break
        reply.answer.append(alias)
        name = alias[0].target
    return wire.found(reply, question)
