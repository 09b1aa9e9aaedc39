"""Everything that a mail domain should publish: what the mail server lists, and what it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from accounts.domain.dns.names import bare, fqdn, is_under
from accounts.domain.dns.records import Purpose, Record, Wanted

_SERVICES = (("_imaps", 993), ("_submissions", 465))
_SETUP = ("autoconfig", "autodiscover")
_BY_TEXT = (
    ("v=spf1", Purpose.SPF),
    ("v=dkim1", Purpose.DKIM),
    ("v=dmarc1", Purpose.DMARC),
    ("v=stsv1", Purpose.MTA_STS),
    ("v=tlsrptv1", Purpose.TLS_RPT),
    ("v=uaac1", Purpose.SETUP),
)
_BY_TYPE = {
    "MX": Purpose.MX,
    "A": Purpose.ADDRESS,
    "AAAA": Purpose.ADDRESS,
    "SRV": Purpose.SERVICE,
    "TLSA": Purpose.TLSA,
    "CAA": Purpose.CAA,
}
_BY_LABEL = {"autoconfig": Purpose.SETUP, "autodiscover": Purpose.SETUP, "ua-auto-config": Purpose.SETUP}
_ADVICE = {Purpose.CAA, Purpose.TLSA}
_SELDOM = frozenset({"_caldavs", "_carddavs", "_jmap", "_pop3", "_pop3s", "ua-auto-config", "_ua-auto-config"})
"""What few programs look for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known of the mail host beside what the mail server lists."""

    mail_host: str = ""
    """Named by the settings, for a server that lists no MX."""
    addresses: Collection[str] = ()
    """Where it can be reached from outside; none: not known."""
    key_digest: str = ""
    """Of the certificate on port 25 (SHA-256 of its public key), for TLSA."""
    authority: str = ""
    """The domain of whoever signed that certificate, for CAA."""
    retired_selectors: Collection[str] = field(default_factory=frozenset)
    """Keys that sign no more: their records may go."""


def everything(domain: str, listed: Iterable[Record], around: Surroundings) -> list[Wanted]:
    """Return what should be published, each record once, what the server lists first.

    :param listed: the records that the mail server expects
    """
    zone = fqdn(domain)
    theirs = [_of_server(record, zone) for record in _once(listed) if not _is_retired(record, zone, around)]
    hosts = mail_hosts(theirs) or ([fqdn(around.mail_host)] if around.mail_host else [])
    kept = list(theirs)
    taken = {_place(wanted) for wanted in theirs}
    for wanted in _left_out(zone, hosts, around):
        if _place(wanted) not in taken:
            taken.add(_place(wanted))
            kept.append(wanted)
    return kept


def mail_hosts(wanted: Iterable[Wanted]) -> list[str]:
    """Return the hosts that take the domain's mail."""
    hosts = [each.record.content.split()[-1] for each in wanted if each.record.type == "MX"]
    return list(dict.fromkeys(hosts))


def _left_out(zone: str, hosts: list[str], around: Surroundings) -> Iterator[Wanted]:
    for host in hosts:
        yield from _addresses(host, around.addresses)
    for host in hosts[:1]:
        yield _wanted("MX", zone, f"10 {host}", Purpose.MX)
        for label in _SETUP:
            yield _wanted("CNAME", f"{label}.{zone}", host, Purpose.SETUP)
        for service, port in _SERVICES:
            yield _wanted("SRV", f"{service}._tcp.{zone}", f"0 1 {port} {host}", Purpose.SERVICE)
        yield _wanted("CNAME", f"mta-sts.{zone}", host, Purpose.MTA_STS, is_advice=True)
    reports = f"mailto:postmaster@{bare(zone)}"
    yield _wanted("TXT", zone, "v=spf1 mx -all", Purpose.SPF)
    yield _wanted("TXT", f"_dmarc.{zone}", f"v=DMARC1; p=reject; rua={reports}", Purpose.DMARC)
    yield _wanted("TXT", f"_smtp._tls.{zone}", f"v=TLSRPTv1; rua={reports}", Purpose.TLS_RPT)
    # A server that lists none has no policy of its own yet, so any id is as good as this one.
    yield _wanted("TXT", f"_mta-sts.{zone}", "v=STSv1; id=1", Purpose.MTA_STS, is_advice=True, any_content=True)
    yield from _about_certificates(zone, hosts, around)


def _about_certificates(zone: str, hosts: list[str], around: Surroundings) -> Iterator[Wanted]:
    authority = around.authority or "letsencrypt.org"
    yield _wanted("CAA", zone, f'0 issue "{authority}"', Purpose.CAA, is_advice=True, any_content=True)
    if around.key_digest:
        for host in hosts[:1]:
            yield _wanted("TLSA", f"_25._tcp.{host}", f"3 1 1 {around.key_digest}", Purpose.TLSA, is_advice=True)


def _addresses(host: str, known: Collection[str]) -> Iterator[Wanted]:
    """Yield the host's addresses; where they are not known, that it has one that people can reach."""
    if not known:
        yield _wanted("A", host, "", Purpose.ADDRESS, any_content=True)
    for address in known:
        yield _wanted("AAAA" if ":" in address else "A", host, address, Purpose.ADDRESS)


def _of_server(record: Record, zone: str) -> Wanted:
    purpose = purpose_of(record)
    is_seldom = record.name.partition(".")[0] in _SELDOM
    is_advice = is_seldom or purpose in _ADVICE or not is_under(record.name, zone)
    return Wanted(record=record, purpose=purpose, is_advice=is_advice)


def purpose_of(record: Record) -> Purpose:
    """Say what a record is for."""
    label = record.name.partition(".")[0]
    if record.type == "TXT":
        text = record.content.lower()
        return next((purpose for start, purpose in _BY_TEXT if text.startswith(start)), Purpose.OTHER)
    if label == "mta-sts":
        return Purpose.MTA_STS
    if record.type == "CNAME":
        return _BY_LABEL.get(label, Purpose.ALIAS)
    return _BY_TYPE.get(record.type, Purpose.OTHER)


def _once(records: Iterable[Record]) -> list[Record]:
    """Return records in their order without repetitions; of two keys under one selector the first."""
    kept: dict[tuple[str, ...], Record] = {}
    for record in records:
        plain = Record(record.type.upper(), fqdn(record.name), _plain_content(record))
        is_dkim = purpose_of(plain) is Purpose.DKIM
        kept.setdefault((plain.type, plain.name, "" if is_dkim else plain.content), plain)
    return list(kept.values())


def _plain_content(record: Record) -> str:
    return record.content if record.type.upper() in {"TXT", "CAA"} else record.content.lower()


def _is_retired(record: Record, zone: str, around: Surroundings) -> bool:
    return any(fqdn(record.name) == f"{selector.lower()}._domainkey.{zone}" for selector in around.retired_selectors)


def _place(wanted: Wanted) -> tuple[str, ...]:
    """Return what two records share of which one is enough."""
    record = wanted.record
    one_is_enough = wanted.purpose in {Purpose.SPF, Purpose.DMARC, Purpose.TLS_RPT, Purpose.MTA_STS, Purpose.MX}
    return (
        (record.type, record.name)
        if one_is_enough or record.type in {"CNAME", "SRV"}
        else (
            record.type,
            record.name,
            record.content if record.type in {"A", "AAAA"} else "",
        )
    )


def _wanted(
    kind: str, name: str, content: str, purpose: Purpose, *, is_advice: bool = False, any_content: bool = False
) -> Wanted:
    return Wanted(record=Record(kind, name, content), purpose=purpose, is_advice=is_advice, any_content=any_content)
