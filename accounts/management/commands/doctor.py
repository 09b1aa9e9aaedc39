"""What is wrong now and how to mend it."""

from __future__ import annotations

from typing import Any

from accounts.management.base import Answer, ReportingCommand, clock
from accounts.services import doctor
from accounts.services.findings import Verdict

_MARKS = {
    Verdict.OK: "ok",
    Verdict.WARN: "WARN",
    Verdict.FAIL: "FAIL",
    Verdict.UNKNOWN: "?",
}


class Command(ReportingCommand):
    help = "Looks at the database, the jobs and the mail server; exit 1 if something fails."

    def report(self, **options: Any) -> Answer:
        findings = doctor.examine(clock)
        failed = sum(finding.verdict is Verdict.FAIL for finding in findings)
        checks = [
            {"name": found.name, "verdict": found.verdict, "found": found.found, "advice": found.advice}
            for found in findings
        ]
        lines = [f"{_MARKS[f.verdict]:<5}{f.name:<22}{f.found} {f.advice}".rstrip() for f in findings]
        return Answer(
            {"checks": checks}, lines, failure=f"{failed} of {len(findings)} checks failed." if failed else ""
        )
