"""Make mailboxes agree with their accounts: read, difference, write only the difference, read back.

Everything here may run twice, late, or after a kill -9 at any line. The one thing that is not repeatable is
told apart by a mark: before the server is first asked to make a mailbox, `mailbox_asked_at` is committed. A
mailbox found with the mark is ours (the answer to an earlier try was lost); one found without it is somebody
else's, and is left alone. What a stranger changed in a mailbox of ours is told in the same way, field by field:
see `known`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.domain.drift import Field
from accounts.models import Account, Operation, PendingSecret
from accounts.outbox import known
from accounts.outbox.wanted import whole
from stalwart_client import (
    UNSET,
    AlreadyExists,
    Capabilities,
    Change,
    Create,
    Denial,
    Destroy,
    Mailbox,
    NotFound,
    Outcome,
    StalwartClient,
    StalwartError,
    Unexpected,
    Unsupported,
    Update,
    Wanted,
    difference,
)


class NotShownYet(StalwartError):
    """The server took a change, but reading it back shows something else."""

    code = "not_shown_yet"
    retryable = True
    advice = "Nothing is lost. We look again by ourselves."


class NoSuchGroup(StalwartError):
    """Everything else of the mailbox is as it should be; a group that it should be in is not there."""

    code = "no_such_group"
    advice = "Make the group on the mail server, or take it out of the profile, then try again."


class SecretLost(StalwartError):
    """Everything else of the mailbox is as it should be; the new password cannot be decrypted any more."""

    code = "secret_lost"
    advice = "Put the earlier key behind the new one in FIELD_KEYS and try again, or make a new password."


class Gone(StalwartError):
    """A mailbox that was there was deleted by somebody; a person says whether it is made again."""

    code = "gone"
    advice = "It is listed under Differences."


@dataclass(slots=True)
class Job:
    """One operation on its way: what is wanted, what was seen, what was changed, how it went."""

    operation: Operation
    account: Account
    wanted: Wanted | None = None
    secret: PendingSecret | None = None
    before: Mailbox | None = None
    after: Mailbox | None = None
    changes: list[Change] = field(default_factory=list)
    has_changed: bool = False
    """The server took at least one of the changes."""
    secret_arrived: bool = False
    """The server took the new password, whatever became of the rest."""
    asked_now: bool = False
    """This try is the first that asks the server to make the mailbox."""
    error: StalwartError | None = None
    foreign: list[Field] = field(default_factory=list)
    """What somebody changed on the server, and this operation would have written over."""
    is_gone: bool = False
    has_lost_secret: bool = False
    """A new password waits that no key opens; nothing else is held back by that."""

    @property
    def is_under_way(self) -> bool:
        return bool(self.changes) and self.error is None

    @property
    def makes_mailbox(self) -> bool:
        return any(isinstance(change, Create) for change in self.changes)


def jobs_for(operations: Iterable[Operation]) -> list[Job]:
    """Load everything that the operations are about, as our records are now."""
    by_account = {operation.account_id: operation for operation in operations if operation.account_id}
    accounts: QuerySet[Account] = Account.objects.filter(pk__in=by_account)
    accounts = accounts.select_related("pending_secret").prefetch_related("aliases")
    return [_job(by_account[account.pk], account) for account in accounts]


def _job(operation: Operation, account: Account) -> Job:
    secret: PendingSecret | None = getattr(account, "pending_secret", None)
    if secret is None or not secret.is_lost:
        return Job(operation=operation, account=account, secret=secret)
    return Job(operation=operation, account=account, has_lost_secret=True)


def plan(client: StalwartClient, capabilities: Capabilities, jobs: list[Job]) -> None:
    """Read the server and decide what each job has to change; nothing is written."""
    seen = client.mailboxes_at({job.account.address: job.account.mailbox_id for job in jobs})
    for job in jobs:
        job.before = job.after = seen.get(job.account.address)
        job.wanted = whole(job.account, job.before, capabilities)
        if job.before and not job.account.mailbox_asked_at:
            _leave_alone(job)
        else:
            job.changes = _changes(job)
        if job.changes and not capabilities.mailboxes:
            job.error = Unsupported(
                "An external directory owns the mailboxes of this server.", subject=job.account.address
            )


@transaction.atomic
def ask(jobs: list[Job], now: datetime) -> None:
    """Commit what the server is about to be asked for, so that the answer may get lost."""
    going = {job.account.pk: job for job in jobs if job.is_under_way}
    begun = [job.operation.pk for job in going.values()]
    Operation.objects.filter(pk__in=begun, begun_at=None).update(begun_at=now)
    accounts = list(Account.objects.select_for_update().filter(pk__in=going).order_by("pk"))
    for account in accounts:
        job = going[account.pk]
        account.mailbox_known = _sent(account, job)
        if job.makes_mailbox and not account.mailbox_asked_at:
            account.mailbox_asked_at, job.asked_now = now, True
        job.account.mailbox_asked_at, job.account.mailbox_known = account.mailbox_asked_at, account.mailbox_known
    Account.objects.write_back(accounts, ["mailbox_asked_at", "mailbox_known"])


def carry_out(client: StalwartClient, jobs: list[Job]) -> None:
    """Send all changes, and note what the server said to each."""
    going = [job for job in jobs if job.is_under_way]
    outcomes = iter(client.apply([change for job in going for change in job.changes]))
    for job in going:
        for outcome in islice(outcomes, len(job.changes)):
            _note(job, outcome)


def read_back(client: StalwartClient, jobs: list[Job]) -> None:
    """Never believe an answer: read what was changed, and compare again."""
    changed = [job for job in jobs if job.has_changed]
    if not changed:
        return
    seen = client.mailboxes_at({job.account.address: job.account.mailbox_id for job in changed})
    for job in changed:
        job.after = seen.get(job.account.address)
        if job.error is None and not _agrees(job):
            job.error = NotShownYet(
                "The mail server took the change but does not show it yet.", subject=job.account.address
            )


def tell_lost_secrets(jobs: list[Job]) -> None:
    """Let no operation count as done whose new password could not be sent; doors are shut by now."""
    for job in jobs:
        if job.has_lost_secret and job.error is None:
            job.error = SecretLost("The new password cannot be decrypted.", subject=job.account.address)


def forget_mark(jobs: list[Job]) -> None:
    """Take the mark back where this first try certainly made nothing."""
    refused = [job for job in jobs if job.asked_now and job.error and not _in_doubt(job.error)]
    # One that was made and only found no group is ours.
    nothing_made = [job.account.pk for job in refused if not job.has_changed]
    Account.objects.filter(pk__in=nothing_made).update(mailbox_asked_at=None)


def _sent(account: Account, job: Job) -> dict[str, Any]:
    if job.wanted is None:
        return dict(account.mailbox_known)
    if job.makes_mailbox:
        return known.of_new(job.wanted)
    fields = {name for change in job.changes if isinstance(change, Update) for name in known.differing(change)}
    return known.with_sent(account.mailbox_known, job.wanted, fields)


def _changes(job: Job) -> list[Change]:
    account, secret = job.account, job.secret
    if job.wanted is None:
        return [Destroy(address=account.address, id=account.mailbox_id)] if job.before else []
    if job.before is None:
        return _creation(job, job.wanted)
    update = _own_part(job, job.before, job.wanted) or Update(address=account.address, id=job.before.id)
    if secret:
        update = replace(
            update,
            secret=secret.hash,
            # A mailbox that had no credential had nothing for a deadline to stand on; now it has.
            deadline=UNSET if Field.DEADLINE in job.foreign else job.wanted.deadline or update.deadline,
            end_app_passwords=secret.ends_app_passwords,
        )
    return _in_steps(update)


def _creation(job: Job, wanted: Wanted) -> list[Change]:
    """Make the mailbox, but never again what somebody deleted: nobody can sign in to that, which is all a lock is."""
    if known.is_gone(job.account.mailbox_known):
        job.is_gone = True
        if Denial.SIGN_IN not in wanted.denials:
            job.error = Gone("The mail server no longer has this mailbox.", subject=job.account.address)
        return []
    made = Create(wanted=replace(wanted, groups=UNSET), secret=job.secret.hash if job.secret else None)
    joins = Update(address=job.account.address, groups=tuple(job.account.groups))
    return [made, joins] if job.account.groups else [made]


def _own_part(job: Job, there: Mailbox, wanted: Wanted) -> Update | None:
    """Return what is to be changed, without what a stranger did."""
    update = difference(there, wanted)
    job.foreign = known.strangers(update, there, job.account.mailbox_known) if update else []
    return known.without(update, job.foreign) if update else None


def _in_steps(update: Update) -> list[Change]:
    """Send what shuts doors alone and first, so that nothing the server may refuse (an alias, say) holds it back.

    Groups come last and alone: one that is missing holds nothing back either.
    """
    nothing = Update(address=update.address, id=update.id)
    parts = [
        replace(nothing, deny=update.deny),
        replace(update, deny=frozenset(), groups=UNSET),
        replace(nothing, groups=update.groups),
    ]
    return [part for part in parts if part != nothing]


def _note(job: Job, outcome: Outcome) -> None:
    job.account.mailbox_id = outcome.id or job.account.mailbox_id
    if outcome.error is None:
        job.has_changed = True
        job.secret_arrived |= not isinstance(outcome.change, Destroy) and outcome.change.secret is not None
    elif job.error is None:
        job.error = _meant(job, outcome.error)


def _agrees(job: Job) -> bool:
    if job.wanted is None or job.after is None:
        return job.wanted is None and job.after is None
    return _own_part(job, job.after, job.wanted) is None


def _meant(job: Job, error: StalwartError) -> StalwartError:
    """Return what an answer of the server means here."""
    if isinstance(error, AlreadyExists):
        return _taken(job, error)
    if isinstance(error, NotFound) and error.subject in job.account.groups:
        return NoSuchGroup("The mail server does not have one of the groups.", subject=error.subject)
    return error


def _taken(job: Job, error: AlreadyExists) -> StalwartError:
    """Tell a mailbox that an earlier try left behind from one that somebody else made in between.

    Where the mailbox itself is not what exists (an alias, a list), the server's own words stand.
    """
    ours = job.makes_mailbox and not job.asked_now
    if ours and error.subject in ("", job.account.address):
        return NotShownYet("An earlier try had reached the mail server after all.", subject=job.account.address)
    return error


def _leave_alone(job: Job) -> None:
    """A mailbox that we never asked for is somebody else's: it is neither changed nor, when purging, deleted."""
    job.before = job.after = None
    if job.wanted:
        job.error = AlreadyExists("The mail server already has this address.", subject=job.account.address)


def _in_doubt(error: StalwartError) -> bool:
    return error.retryable or isinstance(error, Unexpected)
