"""Is mail moving for one mailbox or domain: what the mail server says now, or why nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.domain.flow import Line, Sign, Way, receiving, sending
from accounts.domain.lifecycle import State
from accounts.models import Account
from accounts.queries import mailserver, queue, words
from stalwart_client import StalwartError, Unsupported

_LINES = 300
"""How far back the log is read; a busy mailbox fills this in a day."""
_SIGNS = {Sign.YES: gettext_lazy("yes"), Sign.NO: gettext_lazy("no"), Sign.UNKNOWN: gettext_lazy("unknown")}
_BECAUSE = {
    "quiet": gettext_lazy("the server's log shows none lately"),
    "came_back": gettext_lazy("the last one came back"),
    "no_log": gettext_lazy("this mail server offers no log to read"),
    "away": gettext_lazy("the mail server does not answer"),
    "shut": gettext_lazy("sign-in is shut"),
    "refused": gettext_lazy("mail to it is refused"),
    "not_there": gettext_lazy("the mailbox does not exist yet"),
}
_NO_SIGN_IN = frozenset({State.SCHEDULED, State.SUSPENDED, State.ENDED, State.CLOSED})


@dataclass(frozen=True, slots=True)
class WayRow:
    """One line of the card: Receiving, "yes, last 14:20"."""

    name: str
    sign: Sign
    text: str
    query: str = ""
    """What the list of waiting mail is narrowed to, where that shows more."""


@dataclass(frozen=True, slots=True)
class Flow:
    receiving: WayRow
    sending: WayRow
    waiting: WayRow

    @property
    def rows(self) -> list[WayRow]:
        return [self.receiving, self.sending, self.waiting]


def of_account(account: Account, state: State, now: datetime) -> Flow:
    """Return how mail moves for a mailbox; what its state forbids needs no log."""
    lines = _lines(account.address, now)
    into, out = _read(lines, account.address)
    if account.mailbox_exists is False:
        into = out = Way(Sign.NO, because="not_there")
    elif state in _NO_SIGN_IN:
        out = Way(Sign.NO, because="shut")
    if state is State.CLOSED:
        into = Way(Sign.NO, because="refused")
    return _flow(into, out, queue.Filters(account=account.address), now)


def of_domain(name: str, now: datetime) -> Flow:
    """Return how mail moves for a whole domain."""
    into, out = _read(_lines(name, now), f"@{name}")
    return _flow(into, out, queue.Filters(domain=name), now)


def _read(lines: list[Line] | str, about: str) -> tuple[Way, Way]:
    if isinstance(lines, str):
        unknown = Way(Sign.UNKNOWN, because=lines)
        return unknown, unknown
    return receiving(lines, about), sending(lines, about)


def _lines(text: str, now: datetime) -> list[Line] | str:
    """Return the newest lines of the log, or the code of why there are none."""
    try:
        found = mailserver.look(lambda client: client.log.lines(text, limit=_LINES), now)
    except Unsupported:
        return "no_log"
    except StalwartError:
        return "away"
    return [Line(line.at, line.event, line.text) for line in found]


def _flow(into: Way, out: Way, filters: queue.Filters, now: datetime) -> Flow:
    return Flow(
        receiving=WayRow(_("Receiving"), into.sign, _words(into, now)),
        sending=WayRow(_("Sending"), out.sign, _words(out, now)),
        waiting=_waiting_row(filters, now),
    )


def _waiting_row(filters: queue.Filters, now: datetime) -> WayRow:
    name, waiting = _("Waiting"), queue.how_many(filters, now)
    if waiting is None:
        return WayRow(name, Sign.UNKNOWN, _unknown("away"))
    if not waiting:
        return WayRow(name, Sign.YES, _("nothing"))
    text = ngettext("%(n)s message", "%(n)s messages", waiting) % {"n": f"{waiting:,}"}
    return WayRow(name, Sign.NO, text, filters.query)


def _words(way: Way, now: datetime) -> str:
    sign = str(_SIGNS[way.sign])
    if way.sign is Sign.YES and way.at:
        return _("%(sign)s, last %(at)s") % {"sign": sign, "at": words.moment_words(way.at, now)}
    if way.sign is Sign.UNKNOWN:
        return _unknown(way.because)
    values = {"sign": sign, "because": _BECAUSE[way.because]}
    if way.at:
        return _("%(sign)s, %(because)s %(at)s") % {**values, "at": words.moment_words(way.at, now)}
    return _("%(sign)s, %(because)s") % values


def _unknown(because: str) -> str:
    return _("unknown, because %(because)s") % {"because": _BECAUSE[because]}
