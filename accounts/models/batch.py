"""A batch: many changes that somebody looked at as a whole, each of which settles alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.domain.people import Actor
from accounts.domain.reach import Reach
from accounts.models.account import Account
from accounts.models.reach import ReachManager, ReachQuerySet


class BatchState(models.TextChoices):
    PLANNED = "planned", "planned"
    """It can be looked at; nothing has happened."""
    STARTING = "starting", "starting"
    """Somebody started it, and a worker writes its rows down; it runs as soon as all are there."""
    RUNNING = "running", "running"
    DONE = "done", "done"
    STOPPED = "stopped", "stopped"
    """A person stopped it; what waits can be gone on with."""


class RowStatus(models.TextChoices):
    WAITING = "waiting", "waiting"
    RUNNING = "running", "running"
    DONE = "done", "done"
    FAILED = "failed", "failed"
    SKIPPED = "skipped", "skipped"
    """Nothing was to be done; `error` says why."""


OPEN_ROWS = (RowStatus.WAITING, RowStatus.RUNNING)


class BatchQuerySet(ReachQuerySet["Batch"]):
    def running(self) -> Self:
        """Batches that a worker may take rows from."""
        return self.filter(state=BatchState.RUNNING)

    def starting(self) -> Self:
        """Batches whose rows are still to be written down."""
        return self.filter(state=BatchState.STARTING)

    def under_way(self) -> Self:
        """Batches that workers are not done with."""
        return self.filter(state__in=(BatchState.STARTING, BatchState.RUNNING))

    def all_settled(self) -> Self:
        """Batches of which no row waits or is under way."""
        return self.filter(~Exists(BatchRow.objects.filter(batch=OuterRef("pk"), status__in=OPEN_ROWS)))


class Batch(models.Model):
    """Its rows are the plan; a worker carries them out once it is started. How far it is, the rows say."""

    kind = models.CharField(max_length=40)
    """Which handler carries out the rows."""
    title = models.CharField(max_length=200)
    state = models.CharField(max_length=12, choices=BatchState.choices, default=BatchState.PLANNED)
    params = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """What all rows share, as plain values, never a secret."""
    number_to_type = models.PositiveIntegerField(null=True, blank=True)
    """The brake: what a person has to type before it starts (domain/plan.py)."""

    created_by = models.CharField(max_length=150)
    client = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    reach = models.JSONField(default=dict, blank=True)
    """How far whoever answers for it reaches, as `Reach` gives it; each row is held to it when it is carried out."""
    created_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    """How long a worker may take to start it, before another one does."""
    started_at = models.DateTimeField(null=True, blank=True)
    """The last start: a retry begins anew, so that its speed is measured by itself."""
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = ReachManager.from_queryset(BatchQuerySet)()
    everywhere = BatchQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(state="running"), name="batch_running"),
            models.Index(fields=["id"], condition=Q(state="starting"), name="batch_starting"),
            models.Index(fields=["-created_at"], name="batch_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} {self.state}"

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        """One with no row about an account beyond; rows without one yet are for who made it to see."""
        rows, reached = BatchRow.objects.filter(batch=OuterRef("pk")), Account.everywhere.within(reach)
        beyond = rows.filter(account__isnull=False).exclude(account__in=reached)
        all_told = Exists(rows.filter(account__in=reached)) & ~Exists(rows.filter(account=None))
        return ~Exists(beyond) & (Q(created_by=reach.holder) | all_told)

    @property
    def by(self) -> Actor:
        """Who the log names for every row: the person who asked, from where they asked."""
        reach = Reach.read(self.reach).held_by(self.created_by)
        return Actor(name=self.created_by, address=self.client, request_id=self.request_id, reach=reach)

    def answer_for(self, by: Actor) -> None:
        """Let this be who the log names, and who each row is held to."""
        self.created_by, self.client, self.request_id = by.name, by.address, by.request_id
        self.reach = by.reach.as_plain()

    @property
    def is_planned(self) -> bool:
        return self.state == BatchState.PLANNED

    @property
    def is_starting(self) -> bool:
        return self.state == BatchState.STARTING

    @property
    def is_running(self) -> bool:
        return self.state == BatchState.RUNNING

    @property
    def is_stopped(self) -> bool:
        return self.state == BatchState.STOPPED


class BatchRowQuerySet(models.QuerySet["BatchRow"]):
    def free(self, now: datetime) -> Self:
        """Rows that a worker may take: waiting, or left by a worker that died."""
        return self.filter(Q(status=RowStatus.WAITING) | Q(status=RowStatus.RUNNING, leased_until__lte=now))

    def failed(self) -> Self:
        return self.filter(status=RowStatus.FAILED)

    def write_back(self, rows: Sequence[BatchRow], columns: Sequence[str]) -> None:
        """Write some columns of rows that are there and locked, as `AccountQuerySet.write_back` does."""
        self.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=columns)


class BatchRow(models.Model):
    """One change of a batch. It holds no secret."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveIntegerField()
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="batch_rows")
    subject = models.CharField(max_length=254)
    """Whom or what it is about, as people know it."""
    plan = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """What is to be done, as plain values."""

    status = models.CharField(max_length=12, choices=RowStatus.choices, default=RowStatus.WAITING)
    error = models.TextField(blank=True)
    error_field = models.CharField(max_length=40, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    retried = models.BooleanField(default=False)
    """A person has read why it failed, and asked for it again: it goes by what is so now."""
    lease = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "position"], name="batch_row_has_its_place"),
        ]
        indexes = [
            models.Index(
                fields=["batch", "position"], condition=Q(status__in=["waiting", "running"]), name="batch_row_open"
            ),
            models.Index(fields=["batch", "status", "position"], name="batch_row_status"),
            models.Index(fields=["lease"], condition=Q(lease__isnull=False), name="batch_row_lease"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.status}"
