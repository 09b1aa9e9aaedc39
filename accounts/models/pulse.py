from __future__ import annotations

from django.db import models

SERVER = "server"
"""The mail server: when it last answered, since when it does not, and what it is."""
SYNC = "sync"
"""The last whole comparison with the server, and what it found."""
SERVER_TICK = "tick.server"
"""When the schedule last asked whether the server is there."""
SYNC_TICK = "tick.sync"
"""When the schedule last began one."""
SYNC_ASKED = "sync.asked"
"""When somebody last asked for one."""


class Pulse(models.Model):
    """When a recurring piece of work last ran, and whether it went well: the sweep, the lock check, the server."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    """The last run that went well."""
    failing_since = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def is_well(self) -> bool:
        return self.failing_since is None
