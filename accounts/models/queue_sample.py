from __future__ import annotations

from django.db import models


class QueueSample(models.Model):
    """How much mail waited at one moment. Young ones are close together, old ones are one an hour."""

    at = models.DateTimeField(unique=True)
    total = models.PositiveIntegerField()
    oldest_at = models.DateTimeField(null=True, blank=True)
    """When the message was handed in that waits longest; None if none waits."""

    def __str__(self) -> str:
        return f"{self.total} at {self.at:%Y-%m-%d %H:%M}"
