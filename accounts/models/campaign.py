from __future__ import annotations

from django.db import models


class ProfileManager(models.Manager["Profile"]):
    def standard(self) -> Profile:
        """Return the one built-in profile; it is made when it is first needed."""
        return self.get_or_create(name=Profile.STANDARD)[0]


class Profile(models.Model):
    """What a new mailbox gets. Accounts keep a copy of the numbers, so that a change here moves nobody silently."""

    STANDARD = "Standard"

    name = models.CharField(max_length=80, unique=True)
    quota = models.PositiveBigIntegerField(default=1024**3)
    """Bytes; 0 is no limit."""
    grace_days = models.PositiveSmallIntegerField(default=14)
    retention_days = models.PositiveSmallIntegerField(default=90)
    mail_before_start = models.BooleanField(default=True)
    """A scheduled mailbox exists already, locked, and takes mail; else it is made at its start."""
    server_deadline = models.BooleanField(default=True)
    """The server ends access by itself (0.16). Its price: the holder cannot change the password alone."""
    hide_directory = models.BooleanField(default=True)
    """Holders cannot look each other up (0.16 lists everybody to everybody)."""

    objects = ProfileManager()

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """A named piece of work whose accounts belong together."""

    name = models.CharField(max_length=120, unique=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
