"""The first question of the dashboard: is everything shut that should be over?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.domain.lifecycle import State
from accounts.models import Account
from accounts.queries.accounts import Counts, Look
from accounts.queries.pulses import Machinery

_OVER = (State.ENDED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Over:
    """The answer in one line, and what stands behind it."""

    is_proven: bool
    sentence: str
    proof: str = ""


def over(machinery: Machinery, counted: Counts, now: datetime) -> Over:
    """Answer from what the mail server was seen to do; what nobody has seen is not called shut."""
    number = sum(counted.states[state] for state in _OVER)
    late = Account.objects.filter(state=State.ACTIVE, ends_at__lte=now).count()
    open_ones = Account.objects.lock_unproven().filter(state__in=_OVER)
    unproven = open_ones.count() if counted.looks[Look.UNPROVEN] else 0
    if late:
        return Over(is_proven=False, sentence=_late(late))
    if unproven:
        said = ngettext(
            "One mailbox that is over is not proven shut.",
            "%(n)s mailboxes that are over are not proven shut.",
            unproven,
        )
        return Over(is_proven=False, sentence=said % {"n": f"{unproven:,}"}, proof=_how_many(number - unproven, number))
    if not number:
        return Over(is_proven=True, sentence=_("No mailbox is over yet."))
    if machinery.locks.is_late:
        proof = _("But the locks were last read back at %(at)s, and that is too long ago.") % {"at": machinery.locks.at}
        return Over(is_proven=False, sentence=_("Everything that is over was shut."), proof=proof)
    return Over(is_proven=True, sentence=_("Everything that is over is shut."), proof=_proof(machinery, number))


def _late(number: int) -> str:
    said = ngettext(
        "One mailbox is past its last day and not ended yet.",
        "%(n)s mailboxes are past their last day and not ended yet.",
        number,
    )
    return said % {"n": f"{number:,}"}


def _how_many(shut: int, number: int) -> str:
    return _("%(shut)s of %(n)s are.") % {"shut": f"{shut:,}", "n": f"{number:,}"} if shut else ""


def _proof(machinery: Machinery, number: int) -> str:
    said = ngettext(
        "The mail server showed that nobody can sign in to it.",
        "The mail server showed for all %(n)s of them that nobody can sign in.",
        number,
    )
    read = _("Read back %(at)s.") % {"at": machinery.locks.at} if machinery.locks.has_run else ""
    return f"{said % {'n': f'{number:,}'}} {read}".strip()
