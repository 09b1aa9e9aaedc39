"""`ready` finds its program before it touches the database."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError


@pytest.mark.parametrize(
    ("program", "sentence"), [((), "Name the program"), (("no-such-program",), "There is no program no-such-program")]
)
def test_what_cannot_be_started_is_said_at_once(program: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence) as said:
        call_command("ready", *program)

    assert said.value.returncode == 2
