"""Tokens of programs that act for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models

from accounts.domain.tokens import LONGEST_LABEL
from accounts.models.staff import Staff


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def open(self, now: datetime) -> Self:
        """Those that nobody revoked and that have not ended; whether their owner may is another question."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class ApiToken(models.Model):
    """What is left of a token after it was shown: enough to know it again, not to use it."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=LONGEST_LABEL)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    """What was given at its making. What it is good for is less where its owner may less by now."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_from = models.CharField(max_length=64, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    """When the log last said that it is in use although it is dead."""

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["staff", "-created_at"], name="token_of_staff")]

    def __str__(self) -> str:
        return self.prefix
