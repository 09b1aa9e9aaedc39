"""What domains publish in DNS, from the command line."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from accounts import outbox
from accounts.domain.dns.names import bare
from accounts.domain.errors import RuleBroken
from accounts.mailserver import StalwartError
from accounts.management.base import AddAction, Answer, CommandGroup, clock
from accounts.models import MailDomain
from accounts.queries import dns_words
from accounts.services import dns


class Command(CommandGroup):
    help = "Compares what domains publish in DNS with what they should."

    def add_actions(self, add: AddAction) -> None:
        check = add("check", self.look, "Ask the name servers now; without a domain, for all of them.")
        check.add_argument("domain", nargs="?")
        check.add_argument("--strict", action="store_true", help="Exit 1 if a record has to be mended.")
        zone = add("zone", self.zone, "Print the zone file with every record that a domain should have.")
        zone.add_argument("domain")

    def look(self, *, domain: str | None, strict: bool, **options: Any) -> Answer:
        reports = [dns.check_domain(each, clock()) for each in _domains(domain)]
        found = [_report_json(report) for report in reports]
        lines = [line for report in reports for line in _report_lines(report)]
        to_mend = sum(finding.to_mend for report in reports for finding in report.findings)
        failure = f"{to_mend} records to mend." if strict and to_mend else ""
        return Answer(found[0] if domain else {"domains": found}, lines, failure=failure)

    def zone(self, *, domain: str, **options: Any) -> Answer:
        (found,) = _domains(domain)
        text = dns.zone_text(found)
        return Answer({"domain": found.name, "zone": text}, [text.rstrip("\n")])


def _domains(name: str | None) -> list[MailDomain]:
    """Return the domains to look at; one that was made on the mail server elsewhere counts too."""
    try:
        return [dns.domain_named(name)] if name is not None else list(MailDomain.objects.order_by("name"))
    except RuleBroken as rule:
        if rule.code != "domain_unknown":
            raise
        with suppress(StalwartError):
            outbox.refresh_domains(clock())
        return [dns.domain_named(str(name))]


def _report_json(report: dns.Report) -> dict[str, Any]:
    records = [
        {
            "type": each.type,
            "name": bare(each.name),
            "expected": each.expected,
            "found": list(each.found),
            "verdict": each.verdict,
        }
        for each in report.findings
    ]
    return {"domain": report.domain.name, "records": records}


def _report_lines(report: dns.Report) -> list[str]:
    lines = [report.domain.name]
    for each in report.findings:
        lines.append(f"  {each.verdict:<10}{each.type:<6}{bare(each.name)}")
        if each.verdict != "ok":
            lines += [f"            expected {each.expected}"] if each.expected else []
            lines += [f"            found    {value}" for value in each.found] or ["            found    nothing"]
            lines += [f"            {dns_words.hint_words(hint.code, hint.values)}" for hint in each.hints]
    to_mend = sum(each.to_mend for each in report.findings)
    return [*lines, f"{to_mend} of {len(report.findings)} to mend."]
