"""One question to one name server, by UDP and where that is cut off by TCP (dnspython)."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.inet
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rdtypes.txtbase
from dns.rdata import Rdata

from accounts.domain.dns.names import fqdn
from accounts.domain.dns.records import SILENCE, Answer, Outcome, Question

PATIENCE = 1.5
"""Seconds before a question is asked again: UDP loses some."""
_PAYLOAD = 1232
_CHAIN = 8
_AS_WRITTEN = {dns.rdatatype.CAA}


async def ask(question: Question, host: str, port: int, patience: float, *, recursive: bool) -> Answer:
    """Return what a server says; without recursion only what it knows of its own counts."""
    try:
        query = dns.message.make_query(question.name, question.type, use_edns=0, payload=_PAYLOAD)
    except dns.exception.DNSException:  # a name that DNS cannot hold, out of somebody's SPF record
        return Answer(Outcome.NOTHING)
    if not recursive:
        query.flags &= ~dns.flags.RD
    try:
        reply = await _sent(query, host, port, patience)
    except (dns.exception.DNSException, OSError, EOFError, ValueError):
        return SILENCE
    return _answer(reply, question, recursive=recursive)


async def _sent(query: dns.message.Message, host: str, port: int, patience: float) -> dns.message.Message:
    """Send by a connected socket, so that the system tells at once where nobody listens."""
    family = dns.inet.af_for_address(host)
    backend = dns.asyncbackend.get_default_backend()
    made = backend.make_socket(family, socket.SOCK_DGRAM, 0, None, (host, port), patience)  # type: ignore[no-untyped-call]
    async with await made as udp:
        reply, _ = await dns.asyncquery.udp_with_fallback(
            query, host, timeout=patience, port=port, ignore_unexpected=True, ignore_errors=True, udp_sock=udp
        )
    return reply


def _answer(reply: dns.message.Message, question: Question, *, recursive: bool) -> Answer:
    if reply.rcode() == dns.rcode.NXDOMAIN:
        return found(reply, question)
    if reply.rcode() != dns.rcode.NOERROR:
        return Answer(Outcome.REFUSED)
    if not recursive and not reply.flags & dns.flags.AA:
        return Answer(Outcome.REFUSED)  # it leads elsewhere: another zone's affair
    return found(reply, question)


def found(reply: dns.message.Message, question: Question) -> Answer:
    """Follow the aliases within the answer to the values at their end."""
    name, kind = dns.name.from_text(question.name), dns.rdatatype.from_text(question.type)
    first = ""
    for _ in range(_CHAIN):
        values = tuple(_values(reply, name, kind))
        if values:
            return Answer(Outcome.FOUND, values, first)
        alias = next(_values(reply, name, dns.rdatatype.CNAME), "")
        if not alias:
            break
        first, name = first or alias, dns.name.from_text(alias)
    return Answer(Outcome.NOTHING, (), first)


def _values(reply: dns.message.Message, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Iterator[str]:
    for rrset in reply.answer:
        if rrset.name == name and rrset.rdtype == kind:
            yield from sorted(_shown(rdata) for rdata in rrset)


def _shown(rdata: Rdata) -> str:
    """Return what a record says: texts whole, names in lower case with their dot, the rest as a zone file has it."""
    if isinstance(rdata, dns.rdtypes.txtbase.TXTBase):
        return b"".join(rdata.strings).decode(errors="backslashreplace")
    if rdata.rdtype in _AS_WRITTEN:
        return rdata.to_text()
    text = rdata.to_text()
    return fqdn(text) if rdata.rdtype in {dns.rdatatype.CNAME, dns.rdatatype.NS, dns.rdatatype.PTR} else text.lower()
