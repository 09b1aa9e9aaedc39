"""The mail host as others meet it, as a page shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import DnsCheck, HostFinding, MailDomain
from accounts.queries import dns_words, words

_TONES = {"ok": ("active", "active"), "warn": ("look", "look"), "bad": ("bad", "bad"), "unknown": ("closed", "unknown")}
_ORDER = {"bad": 0, "warn": 1, "unknown": 2, "ok": 3}


@dataclass(frozen=True, slots=True)
class HostRow:
    tone: str
    mark: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    host: str
    checked: str
    ago: str
    title: str
    tone: str
    rows: tuple[HostRow, ...]


def of_domain(domain: MailDomain, now: datetime) -> list[HostView]:
    """Return the hosts that take a domain's mail."""
    check = DnsCheck.objects.filter(domain=domain).first()
    return views(check.hosts, now) if check else []


def views(hosts: Iterable[str], now: datetime) -> list[HostView]:
    """Return what was found of these hosts; one that was never looked at is left out."""
    found: dict[str, list[HostFinding]] = {}
    for each in HostFinding.objects.filter(host__in=list(hosts)).order_by("host", "check_name", "pk"):
        found.setdefault(each.host, []).append(each)
    return [_view(host, rows, now) for host, rows in found.items()]


def _view(host: str, rows: list[HostFinding], now: datetime) -> HostView:
    checked = max(row.checked_at for row in rows)
    wrong = sum(row.verdict in {"bad", "warn"} for row in rows)
    title = _("%(number)s to look at") % {"number": wrong} if wrong else _("all well")
    if not wrong and all(row.verdict == "unknown" for row in rows):
        title = _("not known")
    return HostView(
        host=host,
        checked=words.moment_words(checked, now),
        ago=words.ago(checked, now),
        title=title,
        tone="look" if wrong else "active",
        rows=tuple(_row(row) for row in sorted(rows, key=lambda row: _ORDER[row.verdict])),
    )


def _row(row: HostFinding) -> HostRow:
    code, values = row.hint
    detail = row.found if row.check_name == "port" else ""
    return HostRow(*_TONES[row.verdict], dns_words.hint_words(code, values), detail)
