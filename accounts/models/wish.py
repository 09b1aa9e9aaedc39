from __future__ import annotations

from django.db import models


class Topic(models.TextChoices):
    MESSAGE = "message", "message"
    """Queued messages. Wanted: {"deed": "retry" | "cancel", "label": whose mail}; and of one message, whose id is the
    key, {"recipient": address or ""}, of several {"ids": [id]}, of all there are {"all": true}."""
    BLOCKED = "blocked", "blocked"
    """An IP address or network. Wanted: {"blocked": bool}."""
    GROUP = "group", "group"
    """A group; `key` is its address. Wanted: {"exists": bool, "name": text, "members": [address]}."""
    LIST = "list", "list"
    """A mailing list, as a group."""


class Wish(models.Model):
    """What should be true of something on the mail server that the panel keeps no record of.

    The newest wish replaces the one before; the outbox makes it true and reads it back.
    """

    topic = models.CharField(max_length=12, choices=Topic.choices)
    key = models.CharField(max_length=254)
    wanted = models.JSONField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "key"], name="one_wish_per_thing")]

    def __str__(self) -> str:
        return str(self.wanted.get("label") or self.key)
