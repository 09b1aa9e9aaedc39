"""What a domain publishes in DNS, as its page shows it: what to mend first, each record with what to type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import lookups
from accounts.domain.dns.names import bare, fqdn, typed
from accounts.domain.dns.records import Record, Verdict
from accounts.domain.dns.text import LONGEST, quoted
from accounts.models import DnsCheck, DnsFinding, MailDomain
from accounts.queries import dns_words, words

LATE = timedelta(hours=3)
_SHORT = 300
_BEFORE = 120
_TOKENS = re.compile(r"(;?\s+|;)")
_SHOWN_TO_MEND = 3

_LABELS: dict[str, Promise] = {
    "ok": gettext_lazy("Right"),
    "missing": gettext_lazy("Missing"),
    "different": gettext_lazy("Different"),
    "extra": gettext_lazy("Too many"),
    "unknown": gettext_lazy("Unknown"),
}
_GROUPS: tuple[tuple[Promise, frozenset[str]], ...] = (
    (gettext_lazy("To receive mail"), frozenset({"mx", "address"})),
    (
        gettext_lazy("So that others trust your mail"),
        frozenset({"spf", "dkim", "dmarc", "mta_sts", "tls_rpt", "tlsa", "caa"}),
    ),
    (
        gettext_lazy("So that phones and mail programs set themselves up"),
        frozenset({"setup", "service", "alias", "other"}),
    ),
)
_GRAVE_HINTS = frozenset({"spf_several", "spf_too_many", "spf_lets_all_in", "dkim_other_key", "listed", "mx_refuses"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a record; marked where it differs from the other side."""

    text: str
    is_marked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    type: str
    name: str
    label: str
    tone: str
    """The class of the badge, and of what is marked."""
    mark: str
    why: str
    hints: tuple[str, ...]
    expected: tuple[Segment, ...]
    found: tuple[tuple[Segment, ...], ...]
    is_right: bool
    is_known: bool
    typed_name: str
    """What a provider's form wants as the name."""
    value: str
    pieces: str
    """A long text in pieces with quotation marks, for forms that want it so."""
    changed: str
    """Since when it is so, where it has changed."""

    @property
    def first_found(self) -> str:
        """What stands beside a record that is right."""
        return "".join(segment.text for segment in self.found[0]) if self.found else self.value


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: tuple[RecordRow, ...]
    is_detailed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsView:
    """Everything about one domain's DNS."""

    domain_id: int
    name: str
    unicode_name: str
    """The name as people write it, where that is another one; else empty."""
    checked: str
    ago: str
    is_late: bool
    is_asked: bool
    sources: str
    problem: str
    """Why what is expected is not the newest."""
    total: int
    right: int
    to_mend: int
    unknown: int
    groups: tuple[Group, ...]
    changes: tuple[str, ...]

    @property
    def was_looked_at(self) -> bool:
        return bool(self.checked)

    @property
    def tone(self) -> str:
        if self.to_mend:
            return "look"
        return "unknown" if self.unknown or not self.total else "active"

    @property
    def mending(self) -> tuple[RecordRow, ...]:
        """The first records to mend, for a summary."""
        rows = self.groups[0].rows if self.to_mend else ()
        return rows[:_SHOWN_TO_MEND]

    @property
    def more_to_mend(self) -> int:
        return max(0, self.to_mend - _SHOWN_TO_MEND)


def view(domain: MailDomain, now: datetime, *, only_to_mend: bool = False) -> DnsView:
    """Return what was found at the last look."""
    check = DnsCheck.objects.filter(domain=domain).first() or DnsCheck(domain=domain)
    findings = list(DnsFinding.objects.filter(domain=domain).order_by("position", "pk"))
    needed = [each for each in findings if not each.is_advice]
    mend = [each for each in needed if is_to_mend(each)]
    return DnsView(
        domain_id=domain.pk,
        name=domain.name,
        unicode_name=_unicode(domain.name),
        checked=words.moment_words(check.checked_at, now) if check.checked_at else "",
        ago=words.ago(check.checked_at, now) if check.checked_at else "",
        is_late=bool(check.checked_at and now - check.checked_at > LATE),
        is_asked=check.asked_at is not None,
        sources=_sources(check),
        problem=_problem(check),
        total=len(needed),
        right=sum(each.verdict == Verdict.OK for each in needed),
        to_mend=len(mend),
        unknown=sum(each.verdict == Verdict.UNKNOWN for each in needed),
        groups=tuple(_groups(findings, fqdn(check.zone or domain.name), now, only_to_mend=only_to_mend)),
        changes=tuple(_changes(findings, now)),
    )


def states() -> dict[int, tuple[str, str]]:
    """Return for each domain that was looked at how its DNS does: a tone and a sentence, for the list."""
    found: dict[int, list[DnsFinding]] = {}
    for each in DnsFinding.objects.filter(is_advice=False).only("domain_id", "verdict", "settled", "is_advice"):
        found.setdefault(each.domain_id, []).append(each)
    return {domain_id: _state(rows) for domain_id, rows in found.items()}


def is_to_mend(row: DnsFinding) -> bool:
    return not row.is_advice and row.verdict not in {Verdict.OK, Verdict.UNKNOWN}


def _state(rows: Sequence[DnsFinding]) -> tuple[str, str]:
    mend = sum(map(is_to_mend, rows))
    if mend:
        said = ngettext("%(n)s DNS record to mend", "%(n)s DNS records to mend", mend) % {"n": mend}
        return "look", said
    if any(row.verdict == Verdict.UNKNOWN for row in rows):
        return "unknown", _("DNS not fully known")
    return "active", _("DNS is right")


def _groups(findings: Sequence[DnsFinding], zone: str, now: datetime, *, only_to_mend: bool) -> Iterable[Group]:
    """Yield what to mend, what is not known, what is right by its purpose, and what would be good to have."""
    mend = [each for each in findings if is_to_mend(each)]
    unknown = [each for each in findings if each.verdict == Verdict.UNKNOWN]
    if mend:
        yield Group(_("To mend"), _rows(mend, zone, now), is_detailed=True)
    if unknown:
        yield Group(_("Not known"), _rows(unknown, zone, now), is_detailed=True)
    if only_to_mend:
        return
    right = [each for each in findings if each.verdict == Verdict.OK]
    for title, purposes in _GROUPS:
        if rows := [each for each in right if each.purpose in purposes]:
            yield Group(str(title), _rows(rows, zone, now), is_detailed=False)
    advice = [each for each in findings if each.is_advice and each.verdict not in {Verdict.OK, Verdict.UNKNOWN}]
    if advice:
        yield Group(_("Good to have; mail works without"), _rows(advice, zone, now), is_detailed=False)


def _rows(findings: Iterable[DnsFinding], zone: str, now: datetime) -> tuple[RecordRow, ...]:
    return tuple(_row(each, zone, now) for each in findings)


def _row(row: DnsFinding, zone: str, now: datetime) -> RecordRow:
    expected = row.expected or ""
    tone, mark = _tone(row)
    record = Record(row.type, row.name, expected)
    hints = tuple(dns_words.all_hints(row.hints))
    is_known = row.verdict != Verdict.UNKNOWN
    found = row.found if is_known else []
    return RecordRow(
        type=row.type,
        name=bare(row.name),
        label=str(_label(row)),
        tone=tone,
        mark=mark,
        why=str(dns_words.WHY[row.purpose]),
        hints=hints,
        expected=_marked(expected, found, row) if expected else (),
        found=tuple(_marked(value, [expected], row) for value in found),
        is_right=row.verdict == Verdict.OK,
        is_known=is_known,
        typed_name=typed(row.name, zone),
        value=expected,
        pieces=quoted(record.content) if row.type == "TXT" and len(expected) > LONGEST else "",
        changed=_changed(row, now) if row.was is not None and is_known else "",
    )


def _label(row: DnsFinding) -> Promise | str:
    if row.verdict == Verdict.DIFFERENT and any(code == "spf_several" for code, _values in row.hints):
        return _("%(number)s found") % {"number": len(row.found)}
    return _LABELS[row.verdict]


def _tone(row: DnsFinding) -> tuple[str, str]:
    if row.verdict == Verdict.OK:
        return "active", "active"
    if row.verdict == Verdict.UNKNOWN:
        return "closed", "unknown"
    if row.is_advice:
        return "closed", "closed"
    is_grave = (row.purpose == "mx" and row.expected is not None) or any(code in _GRAVE_HINTS for code, _v in row.hints)
    return ("bad", "bad") if is_grave else ("look", "look")


def _marked(text: str, others: Sequence[str], row: DnsFinding) -> tuple[Segment, ...]:
    """Mark the words that the other side does not have; a key that differs is no news to the eye."""
    there = {word for other in others for word in _TOKENS.split(other)}
    if row.verdict == Verdict.OK or row.purpose == "dkim" or not others or len(text) > _SHORT or not there - {""}:
        return (Segment(text),)
    return tuple(Segment(word, word not in there) for word in _TOKENS.split(text) if word)


def _changed(row: DnsFinding, now: datetime) -> str:
    was = Truncator(", ".join(row.was or [])).chars(_BEFORE)
    values = {"since": words.moment_words(row.since, now), "was": was}
    if row.was:
        return _("Changed, seen %(since)s. Before: %(was)s") % values
    return _("Changed, seen %(since)s. Before there was nothing.") % values


def _changes(findings: Iterable[DnsFinding], now: datetime) -> Iterable[str]:
    """Yield the newest changes, to say in one line what is new."""
    changed = sorted((each for each in findings if each.was is not None), key=lambda each: each.since, reverse=True)
    for each in changed[:2]:
        yield f"{words.moment_words(each.since, now)}: {each.type} {bare(each.name)}"


def _sources(check: DnsCheck) -> str:
    values = {"domain": bare(check.zone or check.domain.name)}
    if lookups.is_demo() and check.checked_at:
        return _("Compared with the zone files of the demo. Its names are made up here, so no name server was asked.")
    if check.own_answered and check.resolver_answered:
        return _("Asked %(domain)s's own name servers and a resolver.") % values
    if check.own_answered:
        return _("Only %(domain)s's own name servers answered.") % values
    if check.resolver_answered:
        return _("Only the resolver answered, not %(domain)s's own name servers.") % values
    return _("No name server answered within 5 seconds.") if check.checked_at else ""


def _problem(check: DnsCheck) -> str:
    if not check.error_code:
        return ""
    if check.error_code == "not_found":
        return _("The mail server does not have this domain, so only what every mail domain needs is compared.")
    return _("The mail server did not answer, so this compares with what it expected last.")


def _unicode(name: str) -> str:
    try:
        shown = name.encode("ascii").decode("idna")
    except UnicodeError:
        return ""
    return shown if shown != name else ""
