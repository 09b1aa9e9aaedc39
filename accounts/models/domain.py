from __future__ import annotations

from django.db import models


class MailDomain(models.Model):
    """A mail domain that accounts can have addresses in."""

    name = models.CharField(max_length=190, unique=True)
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True, blank=True)
    """When the mail server last said that it has the domain; None if it never did, or no longer does."""

    class Meta:
        db_table = "accounts_domain"

    def __str__(self) -> str:
        return self.name

    @property
    def is_on_server(self) -> bool:
        return self.seen_at is not None
