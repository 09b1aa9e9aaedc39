"""The start of one part of the panel: the database first, then the program."""

from __future__ import annotations

import os
import shutil
from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from accounts.management import database
from accounts.management.base import as_failure


class Command(BaseCommand):
    help = "Brings the database up to date, once however many parts start together, and becomes the program named."
    requires_system_checks: list[str] = []  # the program makes its own

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", nargs=REMAINDER, metavar="PROGRAM", help="With its arguments: gunicorn, celery.")

    def handle(self, *_: object, program: list[str], **options: Any) -> None:
        path = _found(program)
        try:
            migrated = database.migrate()
        except (DatabaseError, OSError) as error:
            raise as_failure(error) from error
        connections.close_all()
        if migrated:
            self.stdout.write("The database was brought up to date.")
            self.stdout.flush()
        # Becoming the program frees what Django holds in memory, and signals reach it.
        os.execv(path, program)  # noqa: S606 - what whoever starts us has named


def _found(program: list[str]) -> str:
    """Return where the program is, before anything is done to the database."""
    if not program:
        raise CommandError("Name the program to start: manage.py ready gunicorn metrosure_admin.wsgi.", returncode=2)
    path = shutil.which(program[0])
    if path is None:
        raise CommandError(f"There is no program {program[0]}.", returncode=2)
    return path
