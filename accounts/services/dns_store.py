"""Keeping what a look at DNS has found: since when it is so, what it was before, and who is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.domain.dns import hosts as rules
from accounts.domain.dns.hosts import HostVerdict
from accounts.domain.dns.records import Finding, Verdict, Wanted
from accounts.lookups import HostSeen, Look
from accounts.models import DnsCheck, DnsFinding, HostFinding, MailDomain
from accounts.queries import dns_words
from accounts.services.notices import raise_notice, settle_notice

EVERY = timedelta(hours=1)
ONE_ROUND = 6.0
"""How many seconds one round of looks may keep other work waiting: locks and ends come first."""
_FIELDS = (
    "position",
    "type",
    "name",
    "expected",
    "found",
    "verdict",
    "settled",
    "purpose",
    "is_advice",
    "hints",
    "since",
    "was",
)
_BATCH = 50
_NOTICE = "dns"
_HOST_NOTICE = "mail_host"


@transaction.atomic
def keep(
    domain: MailDomain,
    wanted: Sequence[Wanted],
    findings: Sequence[Finding],
    look: Look,
    *,
    error_code: str,
    now: datetime,
) -> None:
    """Keep a look at a domain. What nobody answered for changes nothing that was known."""
    if not MailDomain.objects.select_for_update().filter(pk=domain.pk).exists():
        return  # deleted meanwhile
    before = {each.key: each for each in DnsFinding.objects.filter(domain=domain)}
    settled = {key: row.settled for key, row in before.items()}
    rows = [_row(domain, finding, key, before.get(key), now) for key, finding in _by_key(findings).items()]
    for position, row in enumerate(rows):
        row.position = position
    DnsFinding.objects.filter(domain=domain).exclude(key__in=[row.key for row in rows]).delete()
    DnsFinding.objects.bulk_update([row for row in rows if row.pk], _FIELDS, batch_size=_BATCH)
    DnsFinding.objects.bulk_create([row for row in rows if not row.pk], batch_size=_BATCH)
    _tell(domain, rows, settled, now)
    answers = look.answers.values()
    DnsCheck.objects.update_or_create(
        domain=domain,
        defaults={
            "asked_at": None,
            "started_at": None,
            "checked_at": now,
            "zone": look.zone,
            "wanted": [_plain(each) for each in wanted],
            "own_answered": any(seen.own.is_known for seen in answers),
            "resolver_answered": any(seen.public.is_known for seen in answers),
            "error_code": error_code,
        },
    )


def _plain(wanted: Wanted) -> list[Any]:
    record = wanted.record
    return [[record.type, record.name, record.content], wanted.purpose, wanted.is_advice, wanted.any_content]


def _by_key(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Number what has the same type and name, such as the addresses of one host."""
    seen: Counter[str] = Counter()
    keyed: dict[str, Finding] = {}
    for finding in findings:
        seen[finding.key] += 1
        keyed[f"{finding.key} {seen[finding.key]}"] = finding
    return keyed


def _row(domain: MailDomain, finding: Finding, key: str, old: DnsFinding | None, now: datetime) -> DnsFinding:
    row = old or DnsFinding(domain=domain, key=key, since=now)
    is_known = finding.verdict is not Verdict.UNKNOWN
    found = list(finding.found)
    if old and is_known and old.settled and (old.settled, old.found) != (finding.verdict, found):
        row.was, row.since = old.found, now
    row.type, row.name, row.expected = finding.type, finding.name, finding.expected
    row.verdict, row.purpose, row.is_advice = finding.verdict, finding.purpose, finding.is_advice
    row.hints = [[hint.code, hint.values] for hint in finding.hints]
    if is_known:
        row.found, row.settled = found, finding.verdict
    return row


def _tell(domain: MailDomain, rows: Sequence[DnsFinding], before: dict[str, str], now: datetime) -> None:
    """Tell what is no longer right; once everything is, the next change is told again."""
    key = f"{_NOTICE}:{domain.name}"
    worse = [row for row in rows if is_to_mend(row) and _was_right(row, before)]
    if worse:
        settle_notice(key, now)
        raise_notice(
            _NOTICE,
            key=key,
            title=dns_words.worse_title(domain.name, len(worse)),
            text=dns_words.worse_text(worse),
            now=now,
            path=f"/domains/{domain.pk}/dns/",
        )
    elif not any(is_to_mend(row) for row in rows):
        settle_notice(key, now)


def is_to_mend(row: DnsFinding) -> bool:
    """Say whether somebody should change the record, as far as is known."""
    return not row.is_advice and row.settled not in {"", Verdict.OK}


def _was_right(row: DnsFinding, before: dict[str, str]) -> bool:
    """Say whether all was well before: the record was right, or was not there and should not be."""
    if row.key in before:
        return before[row.key] == Verdict.OK
    return row.expected is None and bool(before)


@transaction.atomic
def keep_host(host: str, seen: HostSeen, *, now: datetime) -> None:
    """Keep a look at a mail host, and tell what got worse."""
    before = {(each.check_name, each.name): each for each in HostFinding.objects.select_for_update().filter(host=host)}
    settled = {key: row.settled for key, row in before.items()}
    rows = [_host_row(host, finding, facts, before, now) for finding, facts in _host_findings(host, seen, now)]
    for row in rows:
        row.save()
    HostFinding.objects.filter(host=host).exclude(pk__in=[row.pk for row in rows]).delete()
    _tell_host(host, rows, settled, now)


def _host_findings(host: str, seen: HostSeen, now: datetime) -> Iterable[tuple[rules.HostFinding, dict[str, Any]]]:
    for finding in seen.findings:
        yield finding, {}
    for port in seen.ports:
        yield rules.port(port), {}
        if certificate := rules.certificate(port, host, now):
            given = port.certificate
            facts = {"ends_at": given.ends_at.isoformat(), "key_digest": given.key_digest} if given else {}
            yield certificate, facts


def _host_row(
    host: str,
    finding: rules.HostFinding,
    facts: dict[str, Any],
    before: dict[tuple[str, str], HostFinding],
    now: datetime,
) -> HostFinding:
    old = before.get((finding.check, finding.name))
    row = old or HostFinding(host=host, check_name=finding.check, name=finding.name, since=now)
    is_known = finding.verdict is not HostVerdict.UNKNOWN
    if old and is_known and old.settled != finding.verdict:
        row.since = now
    row.verdict, row.found, row.facts, row.checked_at = finding.verdict, finding.found, facts, now
    row.hint = [finding.hint.code, finding.hint.values]
    row.settled = finding.verdict if is_known else row.settled
    return row


def _tell_host(host: str, rows: Sequence[HostFinding], before: dict[tuple[str, str], str], now: datetime) -> None:
    key = f"{_HOST_NOTICE}:{host}"
    bad = [row for row in rows if row.settled in {HostVerdict.BAD, HostVerdict.WARN}]
    worse = [row for row in bad if before.get((row.check_name, row.name)) == HostVerdict.OK]
    if worse:
        settle_notice(key, now)
        text = "\n".join(dns_words.hint_words(*row.hint) for row in worse)
        raise_notice(_HOST_NOTICE, key=key, title=dns_words.host_title(host), text=text, now=now)
    elif not bad:
        settle_notice(key, now)
