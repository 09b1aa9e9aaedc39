"""However many parts start at the same moment on a new database, one makes its tables and the others wait."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.faults.conftest import ROOT, Panel, Tell, in_production, new_database
from tests.servers import free_port

REPLICAS = 4
NOBODY = f"redis://127.0.0.1:{free_port()}/0"
PROGRAM = ("-c", "import sys; print(sys.argv[1:])", "--its-own", "argument")
STARTED = "['--its-own', 'argument']\n"
MIGRATED = "The database was brought up to date.\n"


def test_on_sqlite(make_panel: Callable[[str], Panel], tell: Tell) -> None:
    assert_one_migrates(make_panel("simulator:0.16"))
    tell(f"{REPLICAS} parts started at once on a new SQLite", "nothing, one migrated")


@pytest.mark.postgres
def test_on_postgres(make_panel: Callable[[str], Panel], database_url: str, tell: Tell) -> None:
    panel = make_panel("simulator:0.16")
    panel.environment |= in_production(new_database(database_url), NOBODY)

    assert_one_migrates(panel)
    tell(f"{REPLICAS} parts started at once on a new Postgres", "nothing, one migrated")


def assert_one_migrates(panel: Panel) -> None:
    """Start some at once, and one more after them."""
    together = [said_by(process) for process in [start(panel) for _ in range(REPLICAS)]]
    later = said_by(start(panel))

    assert sorted(together) == [MIGRATED + STARTED] + [STARTED] * (REPLICAS - 1)
    assert later == STARTED
    assert panel.manage("account", "list")["accounts"] == []


def start(panel: Panel) -> subprocess.Popen[bytes]:
    command = (sys.executable, "manage.py", "ready", sys.executable, *PROGRAM)
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=ROOT, env=panel.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    panel.processes.append(process)
    return process


def said_by(process: subprocess.Popen[bytes]) -> str:
    said, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, b"")
    return said.decode()
