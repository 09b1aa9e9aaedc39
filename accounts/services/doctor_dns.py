"""What the doctor says of DNS, and of the mail hosts: asked now where the last look is old."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime

from accounts.domain.dns.hosts import Check
from accounts.models import DnsCheck, HostFinding, MailDomain
from accounts.queries import dns as queries
from accounts.queries import dns_words
from accounts.services import dns, mail_hosts
from accounts.services.dns_store import EVERY, ONE_ROUND
from accounts.services.findings import Finding, Verdict

_HOST_CHECKS = {
    Check.PTR: "names of addresses",
    Check.BLOCK_LIST: "block lists",
    Check.PORT: "ports",
    Check.CERTIFICATE: "certificates",
}
_VERDICTS = {"bad": Verdict.FAIL, "warn": Verdict.WARN, "unknown": Verdict.UNKNOWN, "ok": Verdict.OK}
_WORST = (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)
_WELL = {
    Check.PTR: "Every address of the mail host has a name that leads back to it.",
    Check.BLOCK_LIST: "No address of the mail host is on a block list.",
    Check.PORT: "Every port can be reached from here.",
    Check.CERTIFICATE: "Every certificate is right.",
}


def findings(now: datetime) -> Iterator[Finding]:
    """Yield a finding for the records of all domains, and one for each thing about the mail hosts."""
    _freshen(now)
    yield _records()
    yield from _hosts()


def _freshen(now: datetime) -> None:
    """Look again at what was not looked at for an hour, as far as a few seconds go."""
    began = time.monotonic()
    fresh = DnsCheck.objects.filter(checked_at__gt=now - EVERY).values("domain")
    for domain in MailDomain.objects.filter(seen_at__isnull=False).exclude(pk__in=fresh).order_by("pk"):
        if time.monotonic() - began > ONE_ROUND:
            break
        dns.check_domain(domain, now)
    mail_hosts.check_due(now)


def _records() -> Finding:
    states = queries.states()
    names = dict(MailDomain.objects.filter(seen_at__isnull=False).values_list("pk", "name"))
    said = {names[pk]: state for pk, state in sorted(states.items()) if pk in names}
    if not said:
        return Finding("DNS", Verdict.UNKNOWN, "No mail domain was looked at yet.")
    wrong = [f"{name}: {text}" for name, (tone, text) in said.items() if tone == "look"]
    if wrong:
        return Finding("DNS", Verdict.WARN, f"{'; '.join(wrong)}.", "`dns check` names each, with what to publish.")
    unknown = [name for name, (tone, _) in said.items() if tone == "unknown"]
    if unknown:
        return Finding(
            "DNS", Verdict.UNKNOWN, f"Not all name servers answered for {', '.join(unknown)}.", "Look at DNS_RESOLVERS."
        )
    return Finding("DNS", Verdict.OK, f"Everything is published for {', '.join(said)}.")


def _hosts() -> Iterator[Finding]:
    rows = list(HostFinding.objects.filter(host__in=mail_hosts.known_hosts()))
    for check, name in _HOST_CHECKS.items():
        yield _about(name, check, [row for row in rows if row.check_name == check])


def _about(name: str, check: Check, rows: Iterable[HostFinding]) -> Finding:
    """Tell the worst of what was found; what is not known is said as such."""
    by_verdict: dict[Verdict, list[HostFinding]] = {}
    for row in rows:
        by_verdict.setdefault(_VERDICTS[row.verdict], []).append(row)
    worst = next((verdict for verdict in _WORST if verdict in by_verdict), None)
    if worst is None:
        return Finding(name, Verdict.UNKNOWN, "The mail host could not be looked at.")
    if worst is Verdict.OK:
        return Finding(name, Verdict.OK, _WELL[check])
    said = " ".join(dns_words.hint_words(*row.hint) for row in by_verdict[worst])
    return Finding(
        name, worst, said, "" if worst is Verdict.UNKNOWN else "The domain's DNS page shows it, with when it began."
    )
