"""Accounts: our record of who has a mailbox, from when to when, and what the server last said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import uuid4

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.domain.lifecycle import LOCKED_STATES, Life, Move, State
from accounts.domain.profiles import GIVEN
from accounts.domain.reach import Reach
from accounts.models.campaign import Campaign, Profile
from accounts.models.domain import MailDomain
from accounts.models.fields import EncryptedTextField
from accounts.models.reach import ReachManager, ReachQuerySet

# By `in`: a bare boolean column, as Django writes it else, lets SQLite use no index.
_STANDS_OPEN = Q(mailbox_exists__in=[True], mailbox_locked__in=[False])
_IS_UNKNOWN = Q(mailbox_exists=None)


class AccountQuerySet(ReachQuerySet["Account"]):
    def due(self, now: datetime) -> Self:
        """Accounts whose dates say that their state has changed."""
        return self.filter(review_at__lte=now).order_by("review_at", "pk")

    def purgeable(self, now: datetime) -> Self:
        """Closed accounts whose retention is over and that nobody holds."""
        return self.filter(state=State.CLOSED, purges_at__lte=now, held_at=None).order_by("purges_at", "pk")

    def to_be_locked(self) -> Self:
        """Accounts whose mailbox must let nobody in, and may exist."""
        return self.filter(state__in=LOCKED_STATES)

    def lock_unproven(self) -> Self:
        """Accounts that should be locked and that the server has not been seen to lock."""
        return self.filter(_STANDS_OPEN | _IS_UNKNOWN, state__in=LOCKED_STATES)

    def lock_unproven_numbers(self) -> models.QuerySet[Account, int]:
        """Return the numbers of the same. In two parts that share none: an index finds each, but not both at once."""
        locked = self.filter(state__in=LOCKED_STATES).order_by().values_list("pk", flat=True)
        return locked.filter(_STANDS_OPEN).union(locked.filter(_IS_UNKNOWN), all=True)

    def write_back(self, accounts: Sequence[Account], columns: Sequence[str]) -> None:
        """Write some columns of rows that are there and locked, in a tenth of the time that `bulk_update` takes."""
        self.bulk_create(accounts, update_conflicts=True, unique_fields=["pk"], update_fields=columns)


class Account(models.Model):
    """One person's mailbox as we want it. The server follows through the outbox (design.md, section 4)."""

    address = models.CharField(max_length=254, unique=True)
    """Lower case. A purged account keeps its row, so that nobody else is ever given the address."""
    domain = models.ForeignKey(MailDomain, on_delete=models.PROTECT, related_name="accounts")
    name = models.CharField(max_length=120)
    owner = models.CharField(max_length=254)
    """Who answers for it: an e-mail address or a name; needs no staff user."""
    purpose = models.CharField(max_length=200, blank=True)
    employee_number = models.CharField(max_length=40, blank=True, db_index=True)
    """How HR's own books tell people apart."""
    note = models.TextField(blank=True, max_length=2000)
    quota = models.PositiveBigIntegerField(default=0)
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts")
    follows_campaign = models.BooleanField(default=False)
    """Its dates are the campaign's, and move with them."""
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="accounts")

    # Copies of the profile's, as they were when the account was opened or last moved on purpose.
    denials = models.JSONField(default=list, blank=True)
    groups = models.JSONField(default=list, blank=True)
    groups_to_leave = models.JSONField(default=list, blank=True)
    """Groups that it was put into and no longer belongs in; emptied once the server has been seen to agree."""
    mail_before_start = models.BooleanField(default=True)
    server_deadline = models.BooleanField(default=True)

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    grace_days = models.PositiveSmallIntegerField()
    retention_days = models.PositiveSmallIntegerField()
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_because = models.CharField(max_length=500, blank=True)
    held_at = models.DateTimeField(null=True, blank=True)
    held_because = models.CharField(max_length=500, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    # Derived from the dates above by `settle`, so that lists can filter and sweeps can find what is due.
    state = models.CharField(max_length=12, choices=[(state.value, state.value) for state in State])
    closes_at = models.DateTimeField()
    purges_at = models.DateTimeField()
    review_at = models.DateTimeField(null=True, blank=True, db_index=True)

    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    """Counts changes by people, so that the second of two editors is told."""

    # What the server last said. None means: not known.
    mailbox_exists = models.BooleanField(null=True, blank=True)
    mailbox_locked = models.BooleanField(null=True, blank=True)
    mailbox_deadline = models.DateTimeField(null=True, blank=True)
    mailbox_used = models.PositiveBigIntegerField(null=True, blank=True)
    mailbox_seen_at = models.DateTimeField(null=True, blank=True)
    mailbox_id = models.CharField(max_length=40, blank=True)
    mailbox_asked_at = models.DateTimeField(null=True, blank=True)
    """When the server was first asked to make the mailbox: from then on one found there is ours."""
    mailbox_known = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    """Values of the server that are the panel's own doing, by field (outbox/known.py); any other is a stranger's."""

    objects = ReachManager.from_queryset(AccountQuerySet)()
    everywhere = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gte=models.F("ends_at")), name="closes_after_end"),
            models.CheckConstraint(condition=Q(purges_at__gte=models.F("closes_at")), name="purges_after_close"),
            models.CheckConstraint(
                condition=Q(state=State.PURGED.value, purged_at__isnull=False)
                | (~Q(state=State.PURGED.value) & Q(purged_at=None)),
                name="purged_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "ends_at", "id"], name="account_state_end"),
            models.Index(fields=["ends_at", "id"], name="account_end"),
            models.Index(fields=["name", "id"], name="account_name"),
            models.Index(fields=["domain", "ends_at", "id"], name="account_domain_end"),
            models.Index(fields=["domain", "state", "ends_at", "id"], name="account_domain_state"),
            models.Index(fields=["campaign", "ends_at", "id"], name="account_campaign_end"),
            models.Index(fields=["campaign", "state"], name="account_campaign_state"),
            models.Index(fields=["profile", "state"], name="account_profile_state"),
            models.Index(fields=["purges_at", "state"], name="account_purge"),
            models.Index(fields=["starts_at", "state"], name="account_start"),
            models.Index(fields=["mailbox_exists", "mailbox_locked", "state"], name="account_lock_proof"),
        ]

    def __str__(self) -> str:
        return self.address

    @staticmethod
    def in_reach(reach: Reach, prefix: str = "") -> Q:
        """What `Reach.has` says, for a query; `prefix` leads from another table to its accounts."""
        limits = {"domain__in": reach.domains, "campaign__in": reach.campaigns}
        return Q(**{f"{prefix}{name}": numbers for name, numbers in limits.items() if numbers})

    @property
    def life(self) -> Life:
        return Life(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            grace=timedelta(days=self.grace_days),
            retention=timedelta(days=self.retention_days),
            suspended=self.suspended_at is not None,
            held=self.held_at is not None,
            purged=self.purged_at is not None,
        )

    def live(self, life: Life, now: datetime) -> None:
        """Take over a life: the dates, what follows from them, and who suspended or purged it when."""
        self.starts_at, self.ends_at = life.starts_at, life.ends_at
        self.closes_at, self.purges_at = life.closes_at, life.purges_at
        self.suspended_at = (self.suspended_at or now) if life.suspended else None
        self.purged_at = (self.purged_at or now) if life.purged else None
        self.state = life.state_at(now)
        self.review_at = life.changes_at(now)

    def equip(self, profile: Profile) -> None:
        """Take over everything that a profile gives."""
        self.profile = profile
        self.take({name: getattr(profile, name) for name in GIVEN})

    def take(self, given: Mapping[str, Any]) -> None:
        """Take over some of what a profile gives; groups that are given no longer are left."""
        if "groups" in given:
            former = set(self.groups) | set(self.groups_to_leave)
            self.groups_to_leave = sorted(former - set(given["groups"]))
        for name, value in given.items():
            setattr(self, name, value)

    def can(self, move: Move, now: datetime) -> bool:
        return move in self.life.moves_at(now)


class Alias(models.Model):
    """A second address of an account; unique over all accounts."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="aliases")
    address = models.CharField(max_length=254, unique=True)

    def __str__(self) -> str:
        return self.address


class PendingSecret(models.Model):
    """The hash of a new password on its way to the server; erased as soon as the server has it."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.CASCADE, related_name="pending_secret")
    hash = EncryptedTextField()
    token = models.UUIDField(default=uuid4)
    """Tells this secret from a newer one, so that only what was sent is erased."""
    made_at = models.DateTimeField()
    ends_app_passwords = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"new password for account {self.account_id}"

    @property
    def is_lost(self) -> bool:
        """Say whether no key of the panel opens it any more."""
        return not self.hash
