"""A database is brought up to date once, however many processes of the panel start at the same moment."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

_LOCK = 0x4D4D4131
"""The name of our advisory lock in Postgres: a number that nobody else in this database uses."""
_LOOK_AGAIN = 0.2


def make_ready() -> None:
    """Make the tables of a new embedded database; a production database is migrated by who starts or deploys it."""
    if settings.EMBEDDED and connection.vendor == "sqlite" and not _has_tables():
        migrate()


def migrate() -> bool:
    """Bring the database up to date, unless it is; return whether this process did it."""
    with _alone():
        if not _is_behind():
            return False
        call_command("migrate", interactive=False, verbosity=0)
        return True


def _alone() -> AbstractContextManager[None]:
    return _alone_in_postgres() if connection.vendor == "postgresql" else _alone_in_folder()


@contextmanager
def _alone_in_postgres() -> Iterator[None]:
    """Hold a lock that the server lets go of by itself when this process dies."""
    # Who waited inside a statement would hold a snapshot, and an index made concurrently waits for every snapshot.
    while not _asked("SELECT pg_try_advisory_lock(%s)"):
        time.sleep(_LOOK_AGAIN)
    try:
        yield
    finally:
        _asked("SELECT pg_advisory_unlock(%s)")


@contextmanager
def _alone_in_folder() -> Iterator[None]:
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "migrate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _asked(question: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(question, [_LOCK])
        return bool(cursor.fetchone()[0])


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _has_tables() -> bool:
    return "django_migrations" in connection.introspection.table_names()
