"""What a DMARC record tells receivers to do with mail in our name that we did not send (RFC 7489)."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.domain.dns import tags
from accounts.domain.dns.records import Hint

STRICTNESS = {"none": 0, "quarantine": 1, "reject": 2}
_ALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    policy: str
    """none, quarantine or reject; anything else is a mistake."""
    subdomains: str
    percent: int
    reports: tuple[str, ...]
    """Where the daily reports go."""

    @property
    def strictness(self) -> int:
        """How much it protects: a mistake protects nobody."""
        return STRICTNESS.get(self.policy, 0)


def is_one(text: str) -> bool:
    """Say whether receivers see a DMARC record in this text: the version comes first, as it is written."""
    return text.strip().partition(";")[0].replace(" ", "") == "v=DMARC1"


def parse(text: str) -> Dmarc:
    found = tags.read(text)
    policy = found.get("p", "").lower()
    return Dmarc(
        policy=policy,
        subdomains=found.get("sp", policy).lower(),
        percent=_percent(found.get("pct", "")),
        reports=tuple(part.strip() for part in found.get("rua", "").split(",") if part.strip()),
    )


def differences(wanted: str, published: str) -> list[Hint]:
    """Return what protects less than we want; nothing if the domain is protected as well or better."""
    ours, theirs = parse(wanted), parse(published)
    if theirs.policy not in STRICTNESS:
        return [Hint("dmarc_policy_unknown", {"policy": theirs.policy[:40]})]
    problems = [
        (theirs.strictness < ours.strictness, Hint("dmarc_weaker", {"wanted": ours.policy})),
        (theirs.percent < _ALL and theirs.strictness > 0, Hint("dmarc_percent", {"percent": str(theirs.percent)})),
        (
            STRICTNESS.get(theirs.subdomains, 0) < min(theirs.strictness, ours.strictness),
            Hint("dmarc_subdomains", {"policy": theirs.subdomains[:40]}),
        ),
    ]
    return [hint for is_so, hint in problems if is_so]


def remarks(wanted: str, published: str) -> list[Hint]:
    """Explain what the policy means, and where its reports go."""
    theirs = parse(published)
    found = [Hint(f"dmarc_{theirs.policy}")] if theirs.policy in STRICTNESS else []
    if not theirs.reports:
        return [*found, Hint("dmarc_no_reports")]
    if set(theirs.reports).isdisjoint(parse(wanted).reports):
        found.append(Hint("reports_elsewhere", {"to": ", ".join(theirs.reports)[:200]}))
    return found


def _percent(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and int(text) <= _ALL else _ALL
