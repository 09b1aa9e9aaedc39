"""Changes on their way to the mail server, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.audit import Action
from accounts.domain.lifecycle import State
from accounts.models import AuditEvent, Kind, Operation, Status
from accounts.queries import words
from accounts.queries.sentences import server_said

_WANTED: dict[str, Promise] = {
    Action.ACCOUNT_CREATED: gettext_lazy("Make the mailbox"),
    Action.ACCOUNT_EDITED: gettext_lazy("Take over the new details"),
    Action.TERM_CHANGED: gettext_lazy("Take over the new last day"),
    Action.ACCOUNT_SUSPENDED: gettext_lazy("Shut sign-in, suspended"),
    Action.ACCOUNT_REINSTATED: gettext_lazy("Open sign-in again"),
    Action.ACCOUNT_ENDED: gettext_lazy("Shut sign-in, ended"),
    Action.ACCOUNT_PURGED: gettext_lazy("Delete the mailbox and its mail"),
    Action.STATE_CHANGED: gettext_lazy("Follow its dates"),
    Action.PASSWORD_SET: gettext_lazy("Take over the new password"),
    Action.CHECK_ASKED: gettext_lazy("Compare with this panel"),
    Action.LOCK_UNDONE: gettext_lazy("Shut sign-in again"),
    Action.MAILBOX_ADOPTED: gettext_lazy("Look after a mailbox that was there"),
    Action.DRIFT_PUT_RIGHT: gettext_lazy("Put right what was changed from outside"),
    Action.DRIFT_ACCEPTED: gettext_lazy("Compare with this panel"),
    Action.DOMAIN_CREATED: gettext_lazy("Make the mail domain"),
    Action.GROUP_CHANGED: gettext_lazy("Take over the group"),
    Action.GROUP_DELETED: gettext_lazy("Delete the group"),
    Action.LIST_CHANGED: gettext_lazy("Take over the mailing list"),
    Action.LIST_DELETED: gettext_lazy("Delete the mailing list"),
    Action.IP_BLOCKED: gettext_lazy("Block the address"),
    Action.IP_RELEASED: gettext_lazy("Let the address in again"),
    Action.DOMAIN_DESCRIBED: gettext_lazy("Take over the new description"),
    Action.CATCH_ALL_CHOSEN: gettext_lazy("Take over who gets the rest"),
    Action.DOMAIN_DELETED: gettext_lazy("Delete the mail domain"),
    Action.KEY_STARTED: gettext_lazy("Make a signing key"),
    Action.KEY_INSISTED: gettext_lazy("Switch to the new signing key"),
    Action.KEY_ABANDON_ASKED: gettext_lazy("Take the new signing key back"),
    Action.KEY_COMPROMISED: gettext_lazy("Replace the signing key at once"),
    Action.KEY_POLICY_CHOSEN: gettext_lazy("Take over how keys are changed"),
    "key_record_looked_for": gettext_lazy("Move the new signing key on"),
    Action.MAIL_CANCELLED: gettext_lazy("Cancel waiting mail"),
    Action.MAIL_RETRIED: gettext_lazy("Try waiting mail now"),
}
_BECAME: dict[str, Promise] = {
    State.ACTIVE: gettext_lazy("Open sign-in, the first day has come"),
    State.ENDED: gettext_lazy("Shut sign-in, the last day is over"),
    State.CLOSED: gettext_lazy("Refuse mail, grace is over"),
}
_OTHERWISE = gettext_lazy("Make the mailbox agree")


@dataclass(frozen=True, slots=True)
class OperationRow:
    id: UUID
    account_id: int | None
    account_name: str
    title: str
    status: Status
    text: str
    server_words: str
    """What the mail server itself said, where that adds something."""
    at: str

    @property
    def has_failed(self) -> bool:
        return self.status is Status.FAILED

    @property
    def is_done(self) -> bool:
        return self.status is Status.DONE

    @property
    def is_troubled(self) -> bool:
        """It waits for its next try."""
        return self.status is Status.PENDING and bool(self.server_words)

    @property
    def can_be_hurried(self) -> bool:
        return self.has_failed or self.is_troubled


def wanted(cause: str) -> str:
    """Return what an operation wants to become true."""
    return str(_WANTED.get(cause, _OTHERWISE))


def of_account(account_id: int, now: datetime, limit: int = 4) -> list[OperationRow]:
    """Return the newest changes of one account; what a newer change replaced is left out."""
    kept = Operation.objects.filter(account_id=account_id).exclude(status=Status.SUPERSEDED)
    found = list(kept.order_by("-created_at").select_related("account")[:limit])
    became = _became(
        account_id, [operation.created_at for operation in found if operation.cause == Action.STATE_CHANGED]
    )
    return [row(operation, now, became.get(operation.created_at)) for operation in found]


def under_way(now: datetime, limit: int = 5) -> list[OperationRow]:
    """Return what is being changed right now, the next to be tried first."""
    found = (
        Operation.objects.open()
        .select_related("account", "domain", "notice", "wish", "rotation__domain")
        .order_by("due_at", "created_at")
    )
    return [row(operation, now) for operation in found[:limit]]


def row(operation: Operation, now: datetime, became: str | None = None) -> OperationRow:
    """Return an operation in words; `became` is the state that the dates had moved the account to."""
    status = Status(operation.status)
    return OperationRow(
        id=operation.pk,
        account_id=operation.account_id,
        account_name=operation.account.name if operation.account else str(operation.subject),
        title=_title(operation, became),
        status=status,
        text=how_it_stands(operation, now),
        server_words=operation.error if status in {Status.FAILED, Status.PENDING} else "",
        at=words.moment_words(operation.settled_at or operation.created_at, now),
    )


def _title(operation: Operation, became: str | None) -> str:
    """Return what should become true."""
    if operation.kind == Kind.NOTICE:
        return _("Tell people by mail")
    return str(_BECAME.get(became or "", wanted(operation.cause)))


def _became(account_id: int, moments: list[datetime]) -> dict[datetime, str]:
    """Return which state the clock had moved an account to at these moments; the log knows."""
    if not moments:
        return {}
    moved = AuditEvent.objects.filter(account_id=account_id, action=Action.STATE_CHANGED, at__in=moments)
    return {event.at: (event.detail.after or {}).get("state", "") for event in moved.select_related("detail")}


def how_it_stands(operation: Operation, now: datetime) -> str:
    """Return the sentence under an operation: how far it is, and when it is tried next."""
    if operation.status == Status.DONE:
        return _("Done and read back")
    if operation.status == Status.RUNNING:
        return _("Under way")
    if operation.status == Status.FAILED:
        return said(operation)
    if operation.status == Status.CANCELLED:
        return _("Cancelled before it had begun")
    if not operation.attempts:
        return _("Asked %(at)s, waits for its turn") % {"at": words.moment_words(operation.created_at, now)}
    return f"{tries(operation, now)} {said(operation)}"


def said(operation: Operation) -> str:
    """Return what the mail server said no with, as a sentence that fits what it was asked."""
    return server_said(operation.error_code, operation.wish.topic if operation.wish else "")


def tries(operation: Operation, now: datetime) -> str:
    """Return how often it was tried, and when it is tried next."""
    values = {"tries": operation.attempts, "at": words.moment_words(max(operation.due_at, now), now)}
    if operation.due_at <= now:
        return (
            ngettext("Tried once, tried again now.", "Tried %(tries)s times, tried again now.", operation.attempts)
            % values
        )
    return (
        ngettext("Tried once, next try %(at)s.", "Tried %(tries)s times, next try %(at)s.", operation.attempts) % values
    )
