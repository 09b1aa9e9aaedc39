"""`ready` and `serve` say what keeps them from starting; `ready` finds its program before it touches the database."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError
from pytest_django.fixtures import Settings

from accounts.management import database


@pytest.mark.parametrize(
    ("program", "sentence"), [((), "Name the program"), (("no-such-program",), "There is no program no-such-program")]
)
def test_what_cannot_be_started_is_said_at_once(program: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as said:
        call_command("ready", *program)

    assert said.value.returncode == 2


@pytest.mark.parametrize("command", [("ready", "true"), ("serve",)])
@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OperationalError("connection failed:\n\tIs the server running?"), "connection failed: Is the server running"),
        (
            PermissionError(13, "Permission denied", "/data/migrate.lock"),
            "/data/migrate.lock cannot be used: Permission",
        ),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence(
    command: tuple[str, ...], error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    def fails() -> bool:
        raise error

    monkeypatch.setattr(database, "migrate", fails)
    settings.PORT = 0  # one that is free

    with pytest.raises(CommandError, match=sentence):
        call_command(*command)
