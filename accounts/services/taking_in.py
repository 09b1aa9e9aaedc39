"""Taking in many mailboxes at once: a plan to look at, and the same plan carried out, one account at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.domain.dates import end_of
from accounts.domain.drift import Difference, fits
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.sheet import Line
from accounts.models import Account, Drift
from accounts.queries.sentences import explain
from accounts.services.adopting import Terms, adopt, check

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """One mailbox with the terms it would get, or why it cannot be taken in."""

    drift: Drift
    terms: Terms | None
    problem: str = ""


@dataclass(slots=True)
class Plan:
    """What would happen. Mailboxes that nothing is said about stay as they are."""

    ready: list[Candidate] = field(default_factory=list)
    problems: list[Candidate] = field(default_factory=list)
    left: int = 0
    """They fit, but have no owner or last day, or come with the next round."""
    unknown: list[str] = field(default_factory=list)
    """They stand in the sheet, and no mailbox of nobody has that address."""


def plan(*, pattern: str, default: Line | None, purpose: str, sheet: Mapping[str, Line], now: datetime) -> Plan:
    """Say which mailboxes would be taken in with which terms; nothing is changed.

    A line of the sheet names its mailbox whatever the pattern; without a default only those are taken in.
    """
    made = Plan(unknown=sorted(set(sheet) - set(_addresses(sheet))))
    for drift in _candidates(pattern, sheet):
        line = _merged(sheet.get(drift.address), default)
        if line is None or len(made.ready) >= AT_ONCE:
            made.left += 1
            continue
        candidate = _checked(drift, line, purpose, now)
        (made.problems if candidate.problem else made.ready).append(candidate)
    return made


def carry_out(planned: Plan, *, by: Actor, now: datetime) -> tuple[list[Account], list[Candidate]]:
    """Take in what is ready; return what was, and what could not be any more."""
    taken: list[Account] = []
    failed: list[Candidate] = []
    for candidate in planned.ready:
        if candidate.terms is None:
            continue
        try:
            taken.append(adopt(candidate.drift.pk, terms=candidate.terms, by=by, now=now))
        except RuleBroken as rule:
            failed.append(Candidate(candidate.drift, candidate.terms, explain(rule)))
    return taken, failed


def _candidates(pattern: str, sheet: Mapping[str, Line]) -> Iterator[Drift]:
    """Return mailboxes of nobody that are meant; the mail system's own only where the sheet names them."""
    nobodys = Drift.objects.open().filter(kind=Difference.ONLY_THERE, account=None).order_by("address")
    for drift in nobodys.iterator(chunk_size=1000):
        if drift.address in sheet or (not drift.is_ours and fits(drift.address, pattern)):
            yield drift


def _addresses(sheet: Mapping[str, Line]) -> Iterable[str]:
    found = Drift.objects.open().filter(kind=Difference.ONLY_THERE, account=None, address__in=list(sheet))
    return found.values_list("address", flat=True)


def _merged(line: Line | None, default: Line | None) -> Line | None:
    """Fill what a line leaves empty; None where something is still missing."""
    given = [each for each in (line, default) if each is not None]
    owner = next((each.owner for each in given if each.owner), "")
    last_day = next((each.last_day for each in given if each.last_day), None)
    return Line("", owner, last_day) if owner and last_day else None


def _checked(drift: Drift, line: Line, purpose: str, now: datetime) -> Candidate:
    if line.last_day is None:
        return Candidate(drift, None)
    try:
        terms = Terms(owner=line.owner, ends_at=end_of(line.last_day, ZoneInfo(settings.TIME_ZONE)), purpose=purpose)
        check(drift, terms, now)
    except RuleBroken as rule:
        return Candidate(drift, None, explain(rule))
    return Candidate(drift, terms)
