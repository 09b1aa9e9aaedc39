"""What needs somebody, the gravest first: each thing in two sentences that say what is so and what is still safe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.drift import Difference
from accounts.domain.reach import current_reach
from accounts.models import Account, Notice
from accounts.queries import accounts, compared, operations, words
from accounts.queries.pulses import Machinery

_NAMED_AT_MOST = 3
_NOTICES_AT_MOST = 5


class Need(StrEnum):
    SERVER = "server"
    SWEEP = "sweep"
    LOCKS = "locks"
    FAILED = "failed"
    PURGES = "purges"
    RIGHTS = "rights"
    DIRECTORY = "directory"
    NOTICE = "notice"
    ADOPTION = "adoption"
    DRIFT = "drift"
    DOUBT = "doubt"


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that needs somebody. `account_id` leads to the one account it is about."""

    need: Need
    is_bad: bool
    title: str
    text: str
    account_id: int | None = None
    path: str = ""
    """The page of the panel that shows more, where it is none of those above."""


def todos(machinery: Machinery, counted: accounts.Counts, differing: dict[str, int], now: datetime) -> list[Todo]:
    """Return what needs somebody, the gravest first."""
    return [
        *_server_todos(machinery),
        *_sweep_todos(machinery, counted),
        *_lock_todos(counted, now),
        *_failed_todos(counted, now),
        *_purge_todos(machinery),
        *_notice_todos(now),
        *_drift_todos(machinery, differing),
    ]


def _server_todos(machinery: Machinery) -> Iterable[Todo]:
    server = machinery.server
    if server.is_away:
        waits = ngettext(
            "%(n)s change waits and goes out by itself.", "%(n)s changes wait and go out by themselves.", server.waiting
        )
        text = f"{server.because} {waits % {'n': server.waiting}}" if server.waiting else server.because
        title = _("The mail server has not answered since %(at)s") % {"at": server.away_since}
        yield Todo(Need.SERVER, is_bad=True, title=title, text=text)
    if server.has_external_directory:
        yield Todo(
            Need.DIRECTORY,
            is_bad=True,
            title=_("The mail server takes its mailboxes from another directory"),
            text=_(
                "The panel reads them, but cannot open, change, lock or delete them. Do that in the directory itself."
            ),
        )
    if server.missing:
        yield Todo(
            Need.RIGHTS,
            is_bad=False,
            title=_("The panel's key lacks a permission on the mail server"),
            text=_("Missing: %(rights)s. An administrator adds it on the mail server.")
            % {"rights": ", ".join(server.missing)},
        )


def _sweep_todos(machinery: Machinery, counted: accounts.Counts) -> Iterable[Todo]:
    sweep = machinery.sweep
    if sweep.is_late:
        text = _("It last ran at %(at)s and runs every half minute while the job runner is up.") % {"at": sweep.at}
        if machinery.server.keeps_deadlines:
            text += " " + _("Ends are kept: the mail server shuts those mailboxes by itself.")
        title = _("The sweep, which ends mailboxes on their day, is %(late)s late") % {
            "late": words.lasting(timedelta(minutes=sweep.late_minutes))
        }
        yield Todo(Need.SWEEP, is_bad=True, title=title, text=text)
    elif not sweep.has_run and counted.all:
        yield Todo(
            Need.SWEEP,
            is_bad=True,
            title=_("The sweep, which ends mailboxes on their day, has not run yet"),
            text=_("It starts with the job runner. An administrator starts the panel with “serve” or “runner”."),
        )


def _lock_todos(counted: accounts.Counts, now: datetime) -> Iterable[Todo]:
    number = counted.looks[accounts.Look.UNPROVEN]
    if not number:
        return
    found = list(Account.objects.lock_unproven().order_by("-ends_at")[:_NAMED_AT_MOST])
    title = ngettext("Lock not confirmed: %(names)s", "%(n)s locks not confirmed", number)
    if number == 1:
        ends = words.last_day_words(found[0].ends_at, words.local_day(now))
        text = _("Last day %(day)s. The mail server has not shown that nobody can sign in.") % {"day": ends}
    else:
        text = _("%(names)s. The mail server has not shown that nobody can sign in.") % {"names": _names(found, number)}
    yield Todo(
        Need.LOCKS,
        is_bad=False,
        title=title % {"names": found[0].name if found else "", "n": number},
        text=text,
        account_id=found[0].pk if number == 1 and found else None,
    )


def _failed_todos(counted: accounts.Counts, now: datetime) -> Iterable[Todo]:
    number = counted.looks[accounts.Look.FAILED]
    if not number:
        return
    failed = accounts.failed_operations().select_related("account").order_by("-created_at")[:_NAMED_AT_MOST]
    rows = [operations.row(operation, now) for operation in failed]
    said = ngettext("Change failed: %(name)s", "Changes of %(n)s mailboxes failed", number)
    text = (
        f"{rows[0].title}. {rows[0].text}"
        if number == 1
        else ", ".join(dict.fromkeys(row.account_name for row in rows)) + "."
    )
    yield Todo(
        Need.FAILED,
        is_bad=True,
        title=said % {"name": rows[0].account_name, "n": number},
        text=text if number == 1 else _("%(names)s Nothing else was touched.") % {"names": text},
        account_id=rows[0].account_id if number == 1 else None,
    )


def _purge_todos(machinery: Machinery) -> Iterable[Todo]:
    # The sweep counts all of them together, and only administrators can do anything about it.
    if machinery.purges_stopped and current_reach().is_everything:
        title = ngettext("%(n)s purge is held back", "%(n)s purges are held back", machinery.purges_stopped)
        yield Todo(
            Need.PURGES,
            is_bad=False,
            title=title % {"n": machinery.purges_stopped},
            text=_(
                "That is more than one sweep may delete. Nothing was deleted; an administrator confirms the number."
            ),
        )


def _notice_todos(now: datetime) -> Iterable[Todo]:
    """What administrators were told of by mail and lasts."""
    for notice in Notice.objects.filter(settled_at=None).order_by("-created_at")[:_NOTICES_AT_MOST]:
        since = _("Since %(at)s.") % {"at": words.moment_words(notice.created_at, now)}
        yield Todo(Need.NOTICE, is_bad=False, title=notice.title, text=f"{since} {notice.text}", path=notice.path)


def _drift_todos(machinery: Machinery, differing: dict[str, int]) -> Iterable[Todo]:
    if machinery.server.doubt:
        yield Todo(
            Need.DOUBT,
            is_bad=True,
            title=_("What the mail server says is not believed"),
            text=_("%(why)s Nothing is put right by itself until that is cleared up.")
            % {"why": machinery.server.doubt},
        )
    only_there = differing[Difference.ONLY_THERE]
    adoptable = only_there if only_there > compared.COLLAPSE else 0
    if adoptable:
        yield Todo(
            Need.ADOPTION,
            is_bad=False,
            title=compared.pile(Difference.ONLY_THERE, adoptable).title,
            text=_(
                "Take them in together: each gets an owner and a last day. Until then they stay open and as they are."
            ),
        )
    if number := sum(differing[kind] for kind in Difference) - adoptable:
        title = ngettext(
            "The mail server and this panel differ in one mailbox",
            "The mail server and this panel differ in %(n)s mailboxes",
            number,
        )
        yield Todo(
            Need.DRIFT,
            is_bad=False,
            title=title % {"n": number},
            text=_("Somebody changed them outside of this panel. Nothing was written over; you decide."),
        )


def _names(found: list[Account], number: int) -> str:
    names = ", ".join(account.name for account in found)
    return names if number <= len(found) else _("%(names)s and %(n)s more") % {"names": names, "n": number - len(found)}
