"""The database of an embedded panel makes itself; a production database is migrated by whoever deploys."""

from __future__ import annotations

import fcntl
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection


def make_ready() -> None:
    """Make the tables of a new embedded database, once, also when several commands start at the same moment."""
    if not settings.EMBEDDED or connection.vendor != "sqlite" or _has_tables():
        return
    with (Path(settings.DATA_DIR) / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _has_tables():
            call_command("migrate", verbosity=0)


def _has_tables() -> bool:
    return "django_migrations" in connection.introspection.table_names()
