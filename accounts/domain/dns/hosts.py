"""The mail host itself: its name in reverse, block lists, ports and certificates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network

from accounts.domain.dns.names import bare, fqdn
from accounts.domain.dns.records import Answer, Hint

PORTS = {25: "smtp", 465: "submissions", 587: "submission", 993: "imaps", 443: "https", 4190: "sieve"}
"""What people and other servers come to, each with its protocol."""
STARTTLS = frozenset({25, 587, 4190})
SOON = timedelta(days=14)
_LISTED = ip_network("127.0.0.0/9")
_NOT_ASKED_RIGHT = ip_network("127.255.255.0/24")


class HostVerdict(StrEnum):
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


class Check(StrEnum):
    PTR = "ptr"
    BLOCK_LIST = "block_list"
    PORT = "port"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFinding:
    check: Check
    name: str
    """The address, the list or the port that it is about."""
    verdict: HostVerdict
    found: str = ""
    hint: Hint


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    names: tuple[str, ...]
    ends_at: datetime
    issuer: str
    is_self_signed: bool
    key_digest: str
    """SHA-256 of the public key, as TLSA 3 1 1 has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """What a port said."""

    number: int
    is_open: bool | None
    """None: nobody knows, as the host has no address."""
    error: str = ""
    certificate: Certificate | None = None


def reverse(address: str, names: Answer, forward: Answer, host: str) -> HostFinding:
    """Judge the name of an address: it has to exist, and to lead back to the address."""
    found = ", ".join(bare(name) for name in names.values)
    if not names.is_known or (names.values and not forward.is_known):
        return _reverse(address, HostVerdict.UNKNOWN, found, "no_answer")
    if not names.values:
        return _reverse(address, HostVerdict.BAD, "", "ptr_missing")
    if address not in forward.values:
        return _reverse(address, HostVerdict.BAD, found, "ptr_not_confirmed")
    if fqdn(host) not in names.values:
        return _reverse(address, HostVerdict.WARN, found, "ptr_other_name")
    return _reverse(address, HostVerdict.OK, found, "ptr_right")


def _reverse(address: str, verdict: HostVerdict, found: str, code: str) -> HostFinding:
    hint = Hint(code, {"address": address, "found": found})
    return HostFinding(check=Check.PTR, name=address, verdict=verdict, found=found, hint=hint)


def listing_question(address: str, zone: str) -> str:
    """Return the name that a block list is asked for."""
    pointer = ip_address(address).reverse_pointer
    return f"{pointer.removesuffix('.in-addr.arpa').removesuffix('.ip6.arpa')}.{fqdn(zone)}"


def listing(address: str, zone: str, answer: Answer) -> HostFinding:
    """Judge a block list's answer. Only 127.0.0.0/9 is a listing; 127.255.255.x is the list refusing to answer us."""
    codes = [ip_address(value) for value in answer.values]
    found = ", ".join(answer.values)
    if not answer.is_known:
        verdict, code = HostVerdict.UNKNOWN, str(answer.outcome)
    elif not codes:
        verdict, code = HostVerdict.OK, "not_listed"
    elif any(value in _NOT_ASKED_RIGHT for value in codes) or not any(value in _LISTED for value in codes):
        verdict, code = HostVerdict.UNKNOWN, "list_refuses"
    else:
        verdict, code = HostVerdict.BAD, "listed"
    hint = Hint(code, {"address": address, "list": zone})
    return HostFinding(check=Check.BLOCK_LIST, name=f"{address} {zone}", verdict=verdict, found=found, hint=hint)


def port(seen: Port) -> HostFinding:
    """Judge whether a port can be reached."""
    name, service = str(seen.number), PORTS.get(seen.number, "")
    if seen.is_open is None:
        verdict, code = HostVerdict.UNKNOWN, "port_unknown"
    else:
        verdict, code = (HostVerdict.OK, "port_open") if seen.is_open else (HostVerdict.BAD, "port_shut")
    hint = Hint(code, {"port": name, "service": service})
    return HostFinding(check=Check.PORT, name=name, verdict=verdict, found=seen.error, hint=hint)


def certificate(seen: Port, host: str, now: datetime) -> HostFinding | None:
    """Judge the certificate on a port; None where the port did not open."""
    if not seen.is_open:
        return None
    name = str(seen.number)
    given = seen.certificate
    if given is None:
        hint = Hint("certificate_none", {"port": name})
        return HostFinding(check=Check.CERTIFICATE, name=name, verdict=HostVerdict.BAD, found=seen.error, hint=hint)
    verdict, code = _about_certificate(given, host, now)
    days = (given.ends_at - now).days
    values = {"port": name, "days": str(days), "names": ", ".join(given.names)[:200], "host": bare(host)}
    return HostFinding(
        check=Check.CERTIFICATE, name=name, verdict=verdict, found=values["names"], hint=Hint(code, values)
    )


def _about_certificate(given: Certificate, host: str, now: datetime) -> tuple[HostVerdict, str]:
    if given.ends_at <= now:
        return HostVerdict.BAD, "certificate_over"
    if not names_fit(given.names, host):
        return HostVerdict.BAD, "certificate_name"
    if given.is_self_signed:
        return HostVerdict.BAD, "certificate_self_signed"
    if given.ends_at - now < SOON:
        return HostVerdict.WARN, "certificate_soon"
    return HostVerdict.OK, "certificate_right"


def names_fit(names: Collection[str], host: str) -> bool:
    """Say whether a certificate is for this host; a star stands for one label (RFC 6125)."""
    wanted = bare(fqdn(host))
    star = f"*.{wanted.partition('.')[2]}"
    return any(name.lower() in {wanted, star} for name in names)
