from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models.staff import Staff


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def seen_by(self, person: Staff) -> Self:
        """Views that stand over a person's list: their own, and those shared with everybody."""
        return self.filter(Q(owner=person) | Q(is_shared=True)).order_by("name", "pk")


class SavedView(models.Model):
    """What the list of accounts is asked for, under a name."""

    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    """Filters and order as they stand in the list's address (`accounts.queries.asked`)."""
    owner = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="views")
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="view_name_once_a_person"),
        ]

    def __str__(self) -> str:
        return self.name
