"""What domains publish in DNS: looked at on a schedule and when somebody asks; people hear only what got worse."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import audit, lookups, mailserver, outbox
from accounts.domain import addresses
from accounts.domain.dns import compare, spf
from accounts.domain.dns.records import Answer, Finding, Purpose, Question, Record, Wanted
from accounts.domain.dns.wanted import Surroundings, everything
from accounts.domain.dns.zonefile import zone_file
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.lookups import Look
from accounts.mailserver import StalwartError
from accounts.models import DnsCheck, HostFinding, MailDomain
from accounts.services import dns_store, mail_hosts
from accounts.services.dns_store import EVERY, ONE_ROUND

_LEASE = timedelta(minutes=2)
_DEEPEST = 12
"""Rounds of questions for SPF records that include others."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one look has found."""

    domain: MailDomain
    zone: str
    findings: tuple[Finding, ...]


def domain_named(name: str) -> MailDomain:
    """Return one of our mail domains, also one that was added to the mail server elsewhere.

    :raises RuleBroken: if it is no domain, or not ours
    """
    wanted = addresses.check_domain(name, field="domain")
    domain = MailDomain.objects.filter(name=wanted).first()
    if domain is None:
        known = list(MailDomain.objects.order_by("name").values_list("name", flat=True)[:20])
        raise RuleBroken("domain_unknown", field="domain", domain=wanted, known=known)
    return domain


@transaction.atomic
def ask_for_check(domain_id: int, *, by: Actor, now: datetime) -> DnsCheck:
    """Let a worker look at a domain as soon as it can; asking twice is one look.

    :raises RuleBroken: if there is no such domain
    """
    domain = MailDomain.objects.filter(pk=domain_id).first()
    if domain is None:
        raise RuleBroken("no_such_domain")
    check, _ = DnsCheck.objects.get_or_create(domain=domain)
    if check.asked_at is None:
        check.asked_at = now
        check.save(update_fields=["asked_at"])
        audit.record(audit.Action.CHECK_ASKED, by=by, at=now, subject=domain.name)
        transaction.on_commit(outbox.wake)
    return check


def check_asked(now: datetime) -> int:
    """Take the looks that somebody waits for, with the mail hosts of the domains; returns how many."""
    taken = _take(DnsCheck.objects.filter(asked_at__isnull=False), now)
    for host in sorted({host for check in taken for host in check.hosts}):
        mail_hosts.check_host(host, now)
    return len(taken)


def check_due(now: datetime) -> int:
    """Look at the domains that were not looked at for an hour, the oldest first, a few in each round."""
    for domain in MailDomain.objects.filter(dns=None, seen_at__isnull=False):
        DnsCheck.objects.get_or_create(domain=domain)
    old = Q(checked_at=None) | Q(checked_at__lte=now - EVERY)
    return len(_take(DnsCheck.objects.filter(old, domain__seen_at__isnull=False), now))


def _take(checks: QuerySet[DnsCheck], now: datetime) -> list[DnsCheck]:
    """Look at one after the other until the round is over; the rest comes with the next one."""
    began, taken = time.monotonic(), []
    for check in checks.select_related("domain").order_by(F("checked_at").asc(nulls_first=True), "pk"):
        if time.monotonic() - began > ONE_ROUND:
            break
        if _claim(check, now):
            check_domain(check.domain, now)
            check.refresh_from_db()
            taken.append(check)
    return taken


def _claim(check: DnsCheck, now: datetime) -> bool:
    """Keep two workers from the same look; who died with it is replaced."""
    free = Q(started_at=None) | Q(started_at__lte=now - _LEASE)
    return bool(DnsCheck.objects.filter(free, pk=check.pk).update(started_at=now))


def check_domain(domain: MailDomain, now: datetime) -> Report:
    """Look at a domain now, keep what is found, and tell people what got worse.

    A mail server that is away leaves what it wanted last; with nothing known, only what every domain needs is asked.
    """
    wanted, error = wanted_records(domain)
    look = lookups.asker().look(domain.name)
    findings = _findings(wanted, look)
    dns_store.keep(domain, wanted, findings, look, error_code=error.code if error else "", now=now)
    return Report(domain, look.zone, tuple(findings))


def zone_text(domain: MailDomain) -> str:
    """Return the zone file with every record that the domain should have.

    :raises StalwartError: if the mail server does not say, and never has
    """
    wanted, error = wanted_records(domain)
    if error and kept_zone_text(domain) is None:
        raise error
    return zone_file(domain.name, wanted)


def kept_zone_text(domain: MailDomain) -> str | None:
    """Return the zone file as of the last look, without asking anybody; None if there was none."""
    check = DnsCheck.objects.filter(domain=domain).exclude(wanted=[]).first()
    return zone_file(domain.name, check.records) if check else None


def wanted_records(domain: MailDomain) -> tuple[list[Wanted], StalwartError | None]:
    """Return what the domain should publish, as the mail server says now, or as it last said."""
    try:
        listed = [Record(each.type, each.name, each.content) for each in mailserver.client().dns_records(domain.name)]
        return everything(domain.name, listed, _surroundings(domain.name)), None
    except StalwartError as error:
        check = DnsCheck.objects.filter(domain=domain).exclude(wanted=[]).first()
        return check.records if check else everything(domain.name, [], _surroundings(domain.name)), error


def _surroundings(domain: str) -> Surroundings:
    seen = HostFinding.objects.filter(check_name="certificate", name="25").exclude(facts={}).first()
    facts = seen.facts if seen else {}
    return Surroundings(
        mail_host=settings.MAIL_HOST,
        addresses=tuple(settings.MAIL_ADDRESSES),
        key_digest=str(facts.get("key_digest", "")),
        retired_selectors=_retired(domain),
    )


def _retired(domain: str) -> frozenset[str]:
    """Return the keys that sign no more. Where they cannot be read, every listed key is wanted."""
    try:
        keys = mailserver.client().dkim.keys(domain)
    except StalwartError:
        return frozenset()
    signing = {key.selector for key in keys if key.stage != "retired"}
    return frozenset(key.selector for key in keys) - signing


def _findings(wanted: Sequence[Wanted], look: Look) -> list[Finding]:
    """Ask in rounds: the records, what explains those that are not right, and what SPF records include."""
    look.ask(compare.questions(wanted, look.domain))
    look.ask(compare.follow_up(wanted, look.answers, look.zone))
    _follow_spf(wanted, look)
    return compare.judge(wanted, look.answers, look.zone)


def _follow_spf(wanted: Iterable[Wanted], look: Look) -> None:
    names = {each.record.name for each in wanted if each.purpose is Purpose.SPF}
    for _ in range(_DEEPEST):
        known = {question: seen.best for question, seen in look.answers.items()}
        needed = {question for name in names for question in _spf_needs(name, known)}
        if not needed or look.is_over:
            return
        look.ask(needed)


def _spf_needs(name: str, known: dict[Question, Answer]) -> Collection[Question]:
    published = [text for text in known[Question(name, "TXT")].values if spf.is_one(text)]
    return spf.tally(name, published[0], known).needs if len(published) == 1 else ()
