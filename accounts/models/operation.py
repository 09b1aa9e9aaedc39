"""The outbox: one row says that the server must be made to agree with our record of one subject."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models.account import Account
from accounts.models.domain import MailDomain


class Kind(models.TextChoices):
    MAILBOX = "mailbox", "mailbox"
    """Make the mailbox agree with its account."""
    DOMAIN = "domain", "domain"
    """Make sure that the server has the domain."""


class Status(models.TextChoices):
    PENDING = "pending", "pending"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    SUPERSEDED = "superseded", "superseded"


OPEN = (Status.PENDING, Status.RUNNING)


class OperationQuerySet(models.QuerySet["Operation"]):
    def open(self) -> Self:
        return self.filter(status__in=OPEN)

    def claimable(self, now: datetime) -> Self:
        """What a worker may take: due (or left by a dead worker), its subject free, its account's domain there."""
        ours = Operation.objects.filter(status=Status.RUNNING, leased_until__gt=now)
        busy = ours.filter(account=OuterRef("account")) | ours.filter(domain=OuterRef("domain"))
        domain_waits = Operation.objects.filter(kind=Kind.DOMAIN, status__in=OPEN, domain=OuterRef("account__domain"))
        due = Q(status=Status.PENDING, due_at__lte=now) | Q(status=Status.RUNNING, leased_until__lte=now)
        return self.filter(due, ~Exists(busy), ~Exists(domain_waits)).order_by("due_at", "created_at")


class Operation(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="operations")
    domain = models.ForeignKey(MailDomain, null=True, blank=True, on_delete=models.CASCADE, related_name="operations")
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
    settled_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True)

    objects = OperationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account=None, domain__isnull=False) | Q(account__isnull=False, domain=None),
                name="operation_has_one_subject",
            ),
            # Two workers can never run one subject at once, whatever their clocks say.
            models.UniqueConstraint(fields=["account"], condition=Q(status="running"), name="one_running_per_account"),
            models.UniqueConstraint(fields=["domain"], condition=Q(status="running"), name="one_running_per_domain"),
            models.UniqueConstraint(fields=["account"], condition=Q(status="pending"), name="one_pending_per_account"),
            models.UniqueConstraint(fields=["domain"], condition=Q(status="pending"), name="one_pending_per_domain"),
        ]
        indexes = [
            models.Index(
                fields=["due_at", "created_at"], condition=Q(status__in=["pending", "running"]), name="operation_due"
            ),
            models.Index(fields=["account", "-created_at"], name="operation_of_account"),
            models.Index(fields=["-created_at"], condition=Q(status="failed"), name="operation_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id or self.domain_id} {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
