from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.domain.campaigns import Dates
from accounts.domain.profiles import Limit
from accounts.domain.reach import Reach
from accounts.models.domain import MailDomain
from accounts.models.reach import ReachManager, ReachQuerySet


class ProfileManager(models.Manager["Profile"]):
    def standard(self) -> Profile:
        """Return the one built-in profile; it is made when it is first needed."""
        return self.get_or_create(name=Profile.STANDARD)[0]


def directory_hidden() -> list[str]:
    return [Limit.DIRECTORY.value]


class Profile(models.Model):
    """What a new mailbox gets. Accounts keep a copy of it, so that a change here moves nobody silently."""

    STANDARD = "Standard"

    name = models.CharField(max_length=80, unique=True)
    domain = models.ForeignKey(MailDomain, null=True, blank=True, on_delete=models.PROTECT, related_name="profiles")
    """None takes the site's default."""
    address_pattern = models.CharField(max_length=120, default="{first}.{last}")
    """How an address is made of a name: `accounts.domain.patterns`."""
    aliases = models.JSONField(default=list, blank=True)
    """Patterns of second addresses."""
    groups = models.JSONField(default=list, blank=True)
    """Addresses of the groups that a mailbox becomes a member of."""
    denials = models.JSONField(default=directory_hidden, blank=True)
    """What the holder may not do, as `Limit` names it."""
    quota = models.PositiveBigIntegerField(default=1024**3)
    """Bytes; 0 is no limit."""
    term_days = models.PositiveSmallIntegerField(null=True, blank=True)
    """How long a mailbox is opened for where nobody says; None: somebody must say."""
    grace_days = models.PositiveSmallIntegerField(default=14)
    retention_days = models.PositiveSmallIntegerField(default=90)
    mail_before_start = models.BooleanField(default=True)
    """A scheduled mailbox exists already, locked, and takes mail; else it is made at its start."""
    server_deadline = models.BooleanField(default=True)
    """The server ends access by itself (0.16). Its price: the holder cannot change the password alone."""
    updated_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    """Counts changes by people, so that the second of two editors is told."""

    objects = ProfileManager()

    def __str__(self) -> str:
        return self.name


class CampaignQuerySet(ReachQuerySet["Campaign"]):
    pass


class Campaign(models.Model):
    """A named piece of work; its accounts follow its dates unless they have their own."""

    name = models.CharField(max_length=120, unique=True)
    owner = models.CharField(max_length=254, blank=True)
    """Who answers for its accounts: an e-mail address; needs no staff user."""
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True, db_index=True)
    """Exclusive. None: the campaign has no dates, its accounts have their own."""
    profile = models.ForeignKey(Profile, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns")
    note = models.TextField(blank=True, max_length=2000)
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    """Counts changes by people, so that the second of two editors is told."""

    objects = ReachManager.from_queryset(CampaignQuerySet)()
    everywhere = CampaignQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=models.F("starts_at")),
                name="campaign_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        """One that is named; where only mail domains are, one with an account there, or with none at all yet."""
        if reach.campaigns:
            return Q(pk__in=reach.campaigns)
        with_any = Campaign.everywhere.filter(accounts__isnull=False).values("pk")
        with_some = Campaign.everywhere.filter(accounts__domain__in=reach.domains).values("pk")
        return Q(pk__in=with_some) | ~Q(pk__in=with_any)

    @property
    def dates(self) -> Dates:
        return Dates(self.starts_at, self.ends_at)
