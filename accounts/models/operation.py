"""The outbox: one row says that the server must be made to agree with our record of one subject."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.domain.reach import Reach
from accounts.models.account import Account
from accounts.models.domain import MailDomain
from accounts.models.notice import Notice
from accounts.models.reach import ReachManager, ReachQuerySet
from accounts.models.rotation import KeyRotation
from accounts.models.wish import Wish

Subject = Account | MailDomain | Notice | Wish | KeyRotation
"""What an operation can be about."""

SUBJECTS = ("account", "domain", "notice", "wish", "rotation")
"""The columns that say which; exactly one of them is set."""


class Kind(models.TextChoices):
    MAILBOX = "mailbox", "mailbox"
    """Make the mailbox agree with its account."""
    DOMAIN = "domain", "domain"
    """Make the server have the domain as it is wanted, or no more."""
    NOTICE = "notice", "notice"
    """Send it to the people it is for."""
    WISH = "wish", "wish"
    """Make true what somebody wants of a queued message, a blocked address, a group or a list."""
    ROTATION = "rotation", "rotation"
    """Move a new signing key to its next stage."""


KINDS: dict[type[Subject], tuple[Kind, str]] = {
    Account: (Kind.MAILBOX, "account"),
    MailDomain: (Kind.DOMAIN, "domain"),
    Notice: (Kind.NOTICE, "notice"),
    Wish: (Kind.WISH, "wish"),
    KeyRotation: (Kind.ROTATION, "rotation"),
}
"""The kind of operation that each subject has, and its column."""


class Status(models.TextChoices):
    PENDING = "pending", "pending"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    SUPERSEDED = "superseded", "superseded"
    CANCELLED = "cancelled", "cancelled"


OPEN = (Status.PENDING, Status.RUNNING)
_IS_OPEN = Q(status=Status.PENDING.value) | Q(status=Status.RUNNING.value)
"""Not `status__in`: SQLite takes an index of open rows only for a query that says it in the same form."""


class OperationQuerySet(ReachQuerySet["Operation"]):
    def open(self) -> Self:
        return self.filter(_IS_OPEN)

    def claimable(self, now: datetime) -> Self:
        """What a worker may take: due (or left by a dead worker), its subject free, its account's domain there."""
        ours = Operation.objects.filter(status=Status.RUNNING, leased_until__gt=now)
        busy = ours.filter(_any(Q(**{column: OuterRef(column)}) for column in SUBJECTS))
        domain_waits = Operation.objects.open().filter(kind=Kind.DOMAIN, domain=OuterRef("account__domain"))
        due = Q(status=Status.PENDING, due_at__lte=now) | Q(status=Status.RUNNING, leased_until__lte=now)
        return self.open().filter(due, ~Exists(busy), ~Exists(domain_waits)).order_by("due_at", "created_at")

    def about(self, subject: Subject) -> Self:
        return self.filter(**{KINDS[type(subject)][1]: subject})

    def siblings(self, operation: Operation) -> Self:
        """All operations of the same subject."""
        return self.filter(**{column: getattr(operation, f"{column}_id") for column in SUBJECTS})


def _any(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _one_subject() -> Q:
    """Exactly one of the columns is set."""
    return _any(Q(**{f"{column}__isnull": column != given for column in SUBJECTS}) for given in SUBJECTS)


def _one_at_a_time(status: Status) -> list[models.UniqueConstraint]:
    condition = Q(status=status)
    return [
        models.UniqueConstraint(fields=[column], condition=condition, name=f"one_{status}_per_{column}")
        for column in SUBJECTS
    ]


class Operation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="operations")
    domain = models.ForeignKey(MailDomain, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
    notice = models.ForeignKey(Notice, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
    wish = models.ForeignKey(Wish, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
    rotation = models.ForeignKey(
        KeyRotation, null=True, blank=True, on_delete=models.CASCADE, related_name="operations"
    )
    cause = models.CharField(max_length=40)
    """The audit action that asked for it: says in words what should become true."""

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    """What the server said, in a safe sentence of the client's."""

    created_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    """When the server was first sent a change for it: from then on it cannot be cancelled."""
    settled_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    objects = ReachManager.from_queryset(OperationQuerySet)()
    everywhere = OperationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_one_subject(), name="operation_has_one_subject"),
            # Two workers can never run one subject at once, whatever their clocks say.
            *_one_at_a_time(Status.RUNNING),
            *_one_at_a_time(Status.PENDING),
        ]
        indexes = [
            models.Index(fields=["due_at", "created_at"], condition=_IS_OPEN, name="operation_due"),
            models.Index(fields=["account", "-created_at"], name="operation_of_account"),
            models.Index(fields=["account", "-created_at"], condition=Q(status="failed"), name="operation_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        """What is about an account within reach, or about a mail domain that can be looked at."""
        domains = MailDomain.everywhere.within(reach)
        about_domain = Q(domain__in=domains) | Q(rotation__domain__in=domains)
        return Q(account__in=Account.everywhere.within(reach)) | about_domain

    @property
    def subject(self) -> Subject:
        found = self.account or self.domain or self.notice or self.wish or self.rotation
        assert found  # noqa: S101 - the constraint sees to it
        return found

    @property
    def subject_key(self) -> tuple[int | None, ...]:
        """Tell subjects apart without loading them."""
        return tuple(getattr(self, f"{column}_id") for column in SUBJECTS)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_unbegun(self) -> bool:
        """It waits, and the server was never sent anything for it."""
        return self.status == Status.PENDING and self.begun_at is None
