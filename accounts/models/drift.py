"""Where the mail server differs from our records: one living row an address, and what became of earlier ones."""

from __future__ import annotations

from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.domain.drift import Difference, Field, Remedy, Standing, remedies
from accounts.domain.reach import Reach
from accounts.models.account import Account
from accounts.models.domain import MailDomain
from accounts.models.reach import ReachManager, ReachQuerySet

LIVING = (Standing.OPEN, Standing.IGNORED)


class DriftQuerySet(ReachQuerySet["Drift"]):
    def open(self) -> Self:
        return self.filter(state=Standing.OPEN)

    def living(self) -> Self:
        """What still differs, whether or not somebody has said to leave it."""
        return self.filter(state__in=LIVING)


class Drift(models.Model):
    """One difference, as it was last seen."""

    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in Difference])
    address = models.CharField(max_length=254)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="drifts")
    fields = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    """By field {"here": …, "there": …}; of what is only there, what it has. Plain values, never a secret."""
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=[(state.value, state.value) for state in Standing], default=Standing.OPEN.value
    )
    reason = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=254, blank=True)
    """Who ignored or settled it; empty where it went away by itself."""
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = ReachManager.from_queryset(DriftQuerySet)()
    everywhere = DriftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address"], condition=Q(state__in=["open", "ignored"]), name="one_living_drift_per_address"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "kind", "address", "id"], name="drift_list"),
            models.Index(fields=["account"], condition=Q(state="open"), name="drift_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.address} {self.state}"

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        """One of an account within reach; a mailbox of nobody is in no campaign, and in a domain by its address."""
        condition = Q(account__in=Account.everywhere.within(reach))
        if not reach.campaigns:
            for name in MailDomain.everywhere.filter(pk__in=reach.domains).values_list("name", flat=True):
                condition |= Q(account=None, address__endswith=f"@{name}")
        return condition

    @property
    def remedies(self) -> list[Remedy]:
        """What can be done about it, the usual thing first; looks at the account, so load it along."""
        kind = Difference(self.kind)
        if kind is Difference.ONLY_THERE and self.account:
            # Its address is reserved, or an account waits for it: it can be that account's and nobody else's.
            return [Remedy.IGNORE] if self.account.purged_at else [Remedy.ADOPT, Remedy.IGNORE]
        return remedies(kind, self.fields, stands_open=self.stands_open, is_ours=self.is_ours)

    @property
    def stands_open(self) -> bool:
        """The server lets somebody in whom our record shuts out."""
        both = self.fields.get(Field.LOCKED, {})
        return self.kind == Difference.DIFFERENT and bool(both.get("here")) and not both.get("there")

    @property
    def is_ours(self) -> bool:
        """The panel itself, or the mail system, lives in this mailbox that nobody recorded."""
        return bool(self.fields.get("ours", {}).get("there"))
