"""What the commands that look for trouble say: `doctor` and `preflight`."""

from __future__ import annotations

from accounts.management.base import Answer
from accounts.services.findings import Finding, Verdict

_MARKS = {
    Verdict.OK: "ok",
    Verdict.WARN: "WARN",
    Verdict.FAIL: "FAIL",
    Verdict.UNKNOWN: "?",
}


def checks(findings: list[Finding]) -> Answer:
    """Show what was looked at, as an object and as lines; a failed check fails the command."""
    failed = sum(finding.verdict is Verdict.FAIL for finding in findings)
    content = [
        {"name": found.name, "verdict": found.verdict, "found": found.found, "advice": found.advice}
        for found in findings
    ]
    lines = [f"{_MARKS[found.verdict]:<5}{found.name:<22}{found.found} {found.advice}".rstrip() for found in findings]
    return Answer({"checks": content}, lines, failure=f"{failed} of {len(findings)} checks failed." if failed else "")
