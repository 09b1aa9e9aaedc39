"""The log: events that are only ever added, and the personal values that they speak of.

An event holds digests of its values, the values stand in `AuditDetail`. The chain of hashes runs over events
only, so the values of a person can be erased later and the chain still verifies. Triggers of the database
refuse every change of an event (migration 0002).
"""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.domain.reach import Reach
from accounts.models.account import Account
from accounts.models.reach import ReachManager, ReachQuerySet


class AuditEventQuerySet(ReachQuerySet["AuditEvent"]):
    pass


class AuditEvent(models.Model):
    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=40)
    account_id = models.BigIntegerField(null=True, blank=True)
    """No foreign key: the entry outlives what it speaks of."""
    request_id = models.CharField(max_length=40, blank=True)
    digests = models.JSONField()
    """HMAC-SHA256 of each personal value under the event's own key, which stands beside the values."""
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects = ReachManager.from_queryset(AuditEventQuerySet)()
    everywhere = AuditEventQuerySet.as_manager()

    class Meta:
        db_table = "accounts_auditevent"
        indexes = [
            models.Index(fields=["account_id", "-id"], name="audit_of_account"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.action}"

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        """What happened to an account within reach; of what concerns no account, one's own doings."""
        reached = Account.everywhere.within(reach).values("pk")
        return Q(account_id__in=reached) | Q(account_id=None, detail__actor=reach.holder)


class AuditDetail(models.Model):
    """The personal values of an event; each can be emptied, none can be changed."""

    event = models.OneToOneField(AuditEvent, primary_key=True, on_delete=models.PROTECT, related_name="detail")
    keys = models.JSONField()
    """The key of each value's digest, in hex; erased with its value, so that nobody can guess it back."""
    actor = models.CharField(max_length=254, null=True)  # noqa: DJ001 - NULL is erased, '' is empty
    subject = models.CharField(max_length=254, null=True)  # noqa: DJ001 - NULL is erased, '' is empty
    client = models.CharField(max_length=64, null=True)  # noqa: DJ001 - NULL is erased, '' is empty
    reason = models.CharField(max_length=500, null=True)  # noqa: DJ001 - NULL is erased, '' is empty
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    after = models.JSONField(null=True, encoder=DjangoJSONEncoder)

    class Meta:
        db_table = "accounts_auditdetail"
        indexes = [
            # With the number of the event, so that a search reads the index alone.
            models.Index(fields=["subject", "event"], name="audit_subject"),
            models.Index(fields=["actor", "event"], name="audit_actor"),
        ]

    def __str__(self) -> str:
        return f"values of event {self.event_id}"


class AuditHead(models.Model):
    """The newest event, kept apart: it orders writers, and shows when the end of the chain was cut off."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    event_id = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        db_table = "accounts_audithead"

    def __str__(self) -> str:
        return f"head {self.event_id}"
