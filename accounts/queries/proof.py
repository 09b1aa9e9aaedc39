"""The line of proof: what the mail server was last seen to do with a mailbox, against what it should do.

Green is only ever said of what was read back. What is not proven yet is amber with the next try; what only a
person can get going again is red; what was never looked at is unknown, which is neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from accounts.domain.lifecycle import LOCKED_STATES, State
from accounts.models import Account, Operation, Status
from accounts.queries import operations, words
from accounts.queries.sentences import server_said


class Tone(StrEnum):
    GOOD = "good"
    LOOK = "look"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Proof:
    tone: Tone
    title: str
    text: str
    operation: Operation | None = None
    """The change that is on its way, or that a person has to get going again."""

    @property
    def is_good(self) -> bool:
        return self.tone is Tone.GOOD

    @property
    def has_failed(self) -> bool:
        return self.tone is Tone.BAD


def of_account(account: Account, now: datetime) -> Proof:
    """Say whether the mailbox is as it should be, and how we know."""
    newest = _newest(account)
    state = account.life.state_at(now)
    if newest and newest.status == Status.FAILED:
        return Proof(Tone.BAD, _unproven_title(state), server_said(newest.error_code), newest)
    proven = _as_it_should_be(account, state, now)
    if newest and newest.is_open:
        if proven is None or not account.mailbox_seen_at:
            return Proof(Tone.LOOK, _under_way_title(state), _waiting(newest, now), newest)
        return Proof(proven.tone, proven.title, f"{proven.text} {_change_follows(newest, now)}", newest)
    return proven or Proof(Tone.LOOK, _unproven_title(state), _seen_otherwise(account, now))


def _newest(account: Account) -> Operation | None:
    """Return the change that is on its way, else the last one."""
    found = list(account.operations.exclude(status=Status.SUPERSEDED).order_by("-created_at")[:4])
    return next((operation for operation in found if operation.is_open), found[0] if found else None)


def _as_it_should_be(account: Account, state: State, now: datetime) -> Proof | None:
    """Return the good news, or that nothing is known; None where the server was seen to differ."""
    if account.mailbox_seen_at is None:
        return Proof(Tone.UNKNOWN, _("Not looked at yet."), _("The mail server has not been asked about this mailbox."))
    at = words.moment_words(account.mailbox_seen_at, now)
    if not account.mailbox_exists:
        return _absent(account, state, at)
    if state is State.PURGED:
        return None
    if state is State.ACTIVE:
        return _open(account, at, now) if account.mailbox_locked is False else None
    if account.mailbox_locked is not True:
        return None
    text = {
        State.SCHEDULED: _(
            "The mail server was read back %(at)s: it takes mail, and nobody can sign in before the first day."
        ),
        State.CLOSED: _("The mail server was read back %(at)s: nobody can sign in, and mail to it is refused."),
    }.get(state, _("The mail server was read back %(at)s: nobody can sign in, mail still comes in."))
    return Proof(Tone.GOOD, _("Locked, as it should be."), text % {"at": at})


def _absent(account: Account, state: State, at: str) -> Proof | None:
    if state is State.PURGED:
        return Proof(
            Tone.GOOD,
            _("Deleted, as it should be."),
            _("The mail server was read back %(at)s: the mailbox and its mail are gone. The address stays reserved.")
            % {"at": at},
        )
    if state is State.SCHEDULED and not account.mail_before_start:
        return Proof(
            Tone.GOOD,
            _("Not made yet, as it should be."),
            _("The mail server was read back %(at)s. The mailbox is made on its first day.") % {"at": at},
        )
    if state in LOCKED_STATES:
        return Proof(
            Tone.GOOD,
            _("Nobody can sign in."),
            _("The mail server was read back %(at)s: it has no such mailbox.") % {"at": at},
        )
    return None


def _open(account: Account, at: str, now: datetime) -> Proof:
    if account.mailbox_deadline == account.ends_at:
        text = _(
            "The mail server was read back %(at)s: sign-in allowed, and it shuts by itself %(end)s, "
            "even if this panel is down."
        )
    else:
        text = _("The mail server was read back %(at)s: sign-in allowed until this panel shuts it %(end)s.")
    end = words.end_words(account.ends_at, words.local_day(now))
    return Proof(Tone.GOOD, _("Open, as it should be."), text % {"at": at, "end": end})


def _unproven_title(state: State) -> str:
    if state in LOCKED_STATES:
        return _("Lock not confirmed.")
    if state is State.PURGED:
        return _("Deletion not confirmed.")
    return _("Not as it should be yet.")


def _under_way_title(state: State) -> str:
    if state in LOCKED_STATES:
        return _("Being locked.")
    if state is State.PURGED:
        return _("Being deleted.")
    return _("Being set up.")


def _waiting(operation: Operation, now: datetime) -> str:
    """Say when it is tried next, without repeating that it was asked."""
    if operation.status == Status.RUNNING:
        return _("The mail server is being asked right now. This turns green once it was read back.")
    if operation.attempts:
        return operations.how_it_stands(operation, now)
    return _("Next try %(at)s. This turns green once the mail server was read back.") % {
        "at": words.moment_words(max(operation.due_at, now), now)
    }


def _change_follows(operation: Operation, now: datetime) -> str:
    if operation.attempts and operation.status == Status.PENDING:
        return _("One change waits: %(how)s") % {"how": operations.how_it_stands(operation, now)}
    return _("One more change is on its way.")


def _seen_otherwise(account: Account, now: datetime) -> str:
    at = words.moment_words(account.mailbox_seen_at, now) if account.mailbox_seen_at else ""
    if not account.mailbox_exists:
        return _("The mail server was read back %(at)s: it does not have this mailbox.") % {"at": at}
    if account.mailbox_locked:
        return _("The mail server was read back %(at)s: nobody can sign in.") % {"at": at}
    return _("The mail server was read back %(at)s: sign-in was still allowed.") % {"at": at}
