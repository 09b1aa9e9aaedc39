from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.domain.reach import Reach
from accounts.models.reach import ReachManager, ReachQuerySet


class NoticeQuerySet(ReachQuerySet["Notice"]):
    pass


class Notice(models.Model):
    """Something that people are told by mail. While what it tells of lasts, its key keeps it the only one."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    text = models.TextField()
    path = models.CharField(max_length=200, blank=True)
    """The page of the panel that shows it."""
    to = models.JSONField(default=list)
    """E-mail addresses; none stands for the administrators there are when it is sent."""
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    """None if it waits, or nobody had an address."""
    settled_at = models.DateTimeField(null=True, blank=True)
    """When what it told of was over."""

    objects = ReachManager.from_queryset(NoticeQuerySet)()
    everywhere = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(settled_at=None), name="one_open_notice_per_key"),
        ]
        indexes = [models.Index(fields=["-created_at"], name="notice_newest")]

    def __str__(self) -> str:
        return self.title

    @staticmethod
    def in_reach(_reach: Reach) -> Q:
        """None: they speak to administrators, of the panel and the mail server as a whole."""
        return Q(pk__in=())
