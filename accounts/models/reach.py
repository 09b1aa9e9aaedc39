"""Rows within somebody's reach. What belongs to accounts is looked at through `objects`, which goes no further.

A model says in `in_reach` what that means for it. `everywhere` is for what must not be overlooked whoever asks: whether
an address is free, and what the outbox carries out.
"""

from __future__ import annotations

from typing import Self, TypeVar, cast

from django.db import models
from django.db.models import Q

from accounts.domain.reach import Reach, current_reach

M = TypeVar("M", bound=models.Model)


class ReachQuerySet(models.QuerySet[M]):
    def within(self, reach: Reach) -> Self:
        """Narrow to what is within reach; most people's is everything, and costs nothing."""
        if reach.is_everything:
            return self
        condition: Q = self.model.in_reach(reach)  # type: ignore[attr-defined] # each model that is looked at so has it
        return self.filter(condition)


class ReachManager(models.Manager[M]):
    def get_queryset(self) -> models.QuerySet[M]:
        found = cast("ReachQuerySet[M]", super().get_queryset())
        return found.within(current_reach())
