"""Who the company's provider says somebody is, and where people are signed in."""

from __future__ import annotations

from django.db import models

from accounts.models.staff import Staff


class OidcIdentity(models.Model):
    """A person of the provider: issuer and subject, and nothing else, tell who it is."""

    staff = models.OneToOneField(Staff, on_delete=models.CASCADE, related_name="identity")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField()
    signed_in_at = models.DateTimeField()
    """The last time the provider vouched for this person."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_subject")]

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class StaffSession(models.Model):
    """One browser in which somebody is signed in. Ending it deletes the session itself."""

    key = models.CharField(max_length=40, unique=True)
    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="sessions")
    device = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=64, blank=True)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    by_provider = models.BooleanField(default=False)
    provider_session = models.CharField(max_length=255, blank=True)
    """The provider's own session (`sid`): when that ends, this one does."""

    class Meta:
        indexes = [
            models.Index(fields=["staff", "-seen_at"], name="session_of_staff"),
            models.Index(fields=["provider_session"], name="session_of_provider"),
        ]

    def __str__(self) -> str:
        return f"{self.staff_id} since {self.since}"


class SpentToken(models.Model):
    """A logout token that was used: none works twice."""

    jti = models.CharField(max_length=64, unique=True)
    """Its SHA-256: the provider chooses how long an id is."""
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.jti
