"""Commands as a person or a script calls them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.core.management import load_command_class
from django.db import connections


@dataclass(frozen=True, slots=True)
class Said:
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout; anything beside it fails here."""
        answer: dict[str, Any] = json.loads(self.out)
        return answer

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.json["error"]
        return error


Call = Callable[..., Said]


@pytest.fixture
def call(db: None, clock: Callable[[], datetime], monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Run a command line, `call("account", "show", "ana@example.org", "--json")`, at the test's own time."""
    # The connection belongs to the test, which looks at the database afterwards.
    monkeypatch.setattr(connections, "close_all", lambda: None)

    with time_machine.travel(clock(), tick=False) as traveller:

        def run(name: str, *arguments: str) -> Said:
            traveller.move_to(clock(), tick=False)
            out, err = io.StringIO(), io.StringIO()
            command = type(load_command_class("accounts", name))(stdout=out, stderr=err)
            try:
                command.run_from_argv(["manage.py", name, *arguments])
            except SystemExit as ended:
                return Said(int(ended.code or 0), out.getvalue(), err.getvalue())
            return Said(0, out.getvalue(), err.getvalue())

        yield run
