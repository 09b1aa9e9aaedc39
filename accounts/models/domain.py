from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.domain.addresses import shown
from accounts.domain.reach import Reach
from accounts.models.reach import ReachManager, ReachQuerySet


class MailDomainQuerySet(ReachQuerySet["MailDomain"]):
    def kept(self) -> Self:
        """Those that are not given up; of one that was, the row stays for the accounts that had been in it."""
        return self.filter(is_wanted=True)

    def present(self) -> Self:
        """Those to show: also one that is given up as long as the server has it."""
        return self.exclude(is_wanted=False, seen_at=None)


class MailDomain(models.Model):
    """A mail domain that accounts can have addresses in."""

    name = models.CharField(max_length=190, unique=True)
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    """When the mail server last said that it has the domain; None if it never did, or no longer does."""
    is_wanted = models.BooleanField(default=True)
    """False once somebody gave it up: the mail server is to have it no more."""

    catch_all = models.ForeignKey(
        "accounts.Account", null=True, blank=True, on_delete=models.SET_NULL, related_name="catches"
    )
    """Who gets mail to addresses that nobody has; counts only if `catch_all_chosen`."""
    catch_all_chosen = models.BooleanField(default=False)
    """Somebody has chosen here; until then what the mail server has is left alone."""
    catch_all_asked = models.CharField(max_length=254, blank=True)
    """The mailbox that the server was last asked to give them to: the one to take them from again."""

    key_policy = models.JSONField(null=True, blank=True)
    """How the server should change keys by itself, as somebody chose here; None leaves what it has alone."""
    keys = models.JSONField(default=dict, blank=True)
    """What the server was last seen to have, public sides only: {"keys": […], "policy": {…} or None}."""
    keys_at = models.DateTimeField(null=True, blank=True)

    objects = ReachManager.from_queryset(MailDomainQuerySet)()
    everywhere = MailDomainQuerySet.as_manager()

    class Meta:
        db_table = "accounts_domain"

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def in_reach(reach: Reach) -> Q:
        return Q(pk__in=reach.domains) if reach.domains else Q()

    @property
    def shown(self) -> str:
        """The name in its own script."""
        return shown(self.name)

    @property
    def is_on_server(self) -> bool:
        return self.seen_at is not None
