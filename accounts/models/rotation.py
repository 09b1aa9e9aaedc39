from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.domain.rotation import OVER, Stage, Verdict
from accounts.models.domain import MailDomain


class KeyAlgorithm(models.TextChoices):
    """How a key signs; the value is what its record says."""

    ED25519 = "ed25519", "Ed25519"
    RSA = "rsa", "RSA 2048"


class KeyRotationQuerySet(models.QuerySet["KeyRotation"]):
    def open(self) -> Self:
        return self.exclude(stage__in=OVER)

    def told(self) -> Self:
        """Those that say something about how mail is signed now: on their way, or looked for still."""
        return self.filter(~Q(stage__in=OVER) | Q(look_at__isnull=False))

    def due(self, now: datetime) -> Self:
        """Those whose record is to be looked for again, or whose waiting is over."""
        return self.filter(Q(look_at__lte=now) | Q(stage=Stage.WAITING, due_at__lte=now))


class KeyRotation(models.Model):
    """A new signing key on its way, from the wish to the end of the old one (domain/rotation.py).

    The selector is chosen and kept here before the server is asked, so that a lost answer makes no second key.
    Only the public side of a key is ever kept.
    """

    domain = models.ForeignKey(MailDomain, on_delete=models.CASCADE, related_name="rotations")
    algorithm = models.CharField(max_length=10, choices=KeyAlgorithm.choices)
    selector = models.CharField(max_length=63)
    stage = models.CharField(max_length=12, choices=[(stage.value, stage.value) for stage in Stage], default="making")
    is_urgent = models.BooleanField(default=False)
    """The old key is in other hands: nothing is waited for."""
    wait_days = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField()
    started_by = models.CharField(max_length=150)

    asked_at = models.DateTimeField(null=True, blank=True)
    """When the server was first asked for the key: one found with this mark is ours, without it somebody else's."""
    public_key = models.TextField(blank=True)
    made_at = models.DateTimeField(null=True, blank=True)
    old_selectors = models.JSONField(null=True, blank=True)
    """The keys that signed before; written down before the server is asked to switch."""

    verdict = models.CharField(max_length=12, blank=True)
    """What the name servers last said of the record."""
    found = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    unknown_because = models.CharField(max_length=200, blank=True)
    look_at = models.DateTimeField(null=True, blank=True)
    """When to look for the record again; None once it was seen, or nobody waits for it."""
    due_at = models.DateTimeField(null=True, blank=True)
    """When the old keys are deleted."""
    signs_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = KeyRotationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "algorithm"],
                condition=~Q(stage__in=["abandoned", "done"]),
                name="one_open_rotation_per_kind",
            ),
            models.UniqueConstraint(fields=["domain", "selector"], name="a_selector_is_used_once"),
        ]
        indexes = [
            models.Index(fields=["look_at"], condition=Q(look_at__isnull=False), name="rotation_look"),
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="rotation_due"),
        ]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey.{self.domain.name}"

    @property
    def record_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain.name}."

    @property
    def record_value(self) -> str:
        """What has to be published; empty until the server has made the key."""
        return f"v=DKIM1; k={self.algorithm}; h=sha256; p={self.public_key}" if self.public_key else ""

    @property
    def is_over(self) -> bool:
        return self.stage in OVER

    @property
    def wants_record(self) -> bool:
        """Its key is there and stays, and nobody has seen the record of it."""
        going = {Stage.ABANDONING, Stage.ABANDONED}
        return bool(self.public_key) and self.verdict != Verdict.SEEN and self.stage not in going
