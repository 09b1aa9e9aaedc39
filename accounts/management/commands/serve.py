"""The whole panel with one command: web server and job runner over SQLite, no broker."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from accounts.management import database
from accounts.management.base import as_failure

_SUPERVISOR = "metrosure_admin.supervisor"


class Command(BaseCommand):
    help = "Runs the panel: prepares the database, then serves pages and carries out jobs until it is stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="Where to listen: this machine only, or 0.0.0.0 inside a container."
        )

    def handle(self, *_: object, host: str, **options: Any) -> None:
        _require_free(host, settings.PORT)
        try:
            database.migrate()
            if _static_files_are_old():
                call_command("collectstatic", interactive=False, verbosity=0)
        except (DatabaseError, OSError) as error:
            raise as_failure(error) from error
        connections.close_all()
        self.stdout.write(f"{settings.COMPANY_NAME} Mail Admin: {settings.PUBLIC_URL} (Ctrl-C stops it)")
        self.stdout.flush()
        # Becoming the supervisor frees what Django holds in memory. The folder stays: settings may name files in it.
        python_path = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", _SUPERVISOR, "--bind", f"{host}:{settings.PORT}"]
        os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": python_path})  # noqa: S606


def _require_free(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(f"Cannot listen on {host}:{port} ({error.strerror}). Choose another PORT.") from error


def _static_files_are_old() -> bool:
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return True
    collected = manifest.stat().st_mtime
    return any(
        Path(storage.path(name)).stat().st_mtime > collected
        for finder in get_finders()
        for name, storage in finder.list([])
    )
