"""A real panel in processes of its own beside a mail server on a socket, to be killed at bad moments.

`make faults` sets FAULT_ROUNDS, so that every test is run at many more moments.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.serve import Server
from tests import servers
from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
_PATIENCE = 120.0
_LOOK = 0.05


@dataclass(slots=True)
class Panel:
    """A panel with its own data folder; every command is a process."""

    folder: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def manage(self, *arguments: str) -> dict[str, Any]:
        """Run a command to its end and return its JSON."""
        done = subprocess.run(  # noqa: S603 - our own commands
            [sys.executable, "manage.py", *arguments, "--json"],
            cwd=ROOT, env=self.environment, capture_output=True, check=False, timeout=_PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command that goes on by itself; it ends with the test at the latest."""
        return self.start_command([sys.executable, *arguments])

    def start_command(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)  # noqa: S603 - our own commands
        self.processes.append(process)
        return process

    def open_account(self, address: str) -> None:
        ends_at = date.today() + timedelta(days=30)  # noqa: DTZ011 - any day ahead will do
        details = ("--name", "Ana", "--owner", "hr@metrosure.app", "--purpose", "Visits", "--ends-at", str(ends_at))
        self.manage("account", "create", address, *details)

    def operation(self, address: str) -> dict[str, Any]:
        """Return the newest operation of an account."""
        newest: dict[str, Any] = self.manage("account", "show", address)["operations"][0]
        return newest

    def rows(self, query: str) -> list[Any]:
        """Look into the database as it is at this moment."""
        with closing(sqlite3.connect(self.folder / "panel.sqlite3", timeout=20)) as database:
            return database.execute(query).fetchall()

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()


Tell = Callable[[str, object], None]


@pytest.fixture
def tell(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Tell:
    """Note what a test tries and what was lost of it; the run prints it at its end, worker by worker or not."""
    case = f" [{request.node.callspec.id}]" if hasattr(request.node, "callspec") else ""
    return lambda tried, lost: record_property("tried", f"tried: {tried}{case}; lost: {lost}")


def wait_for(what: Callable[[], Any]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _PATIENCE
    while not what():
        assert time.monotonic() < deadline, "It did not come about."
        time.sleep(_LOOK)


@pytest.fixture(params=["0.15", "0.16"])
def socket_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A mail server of each generation on a socket, in this process: its faults can be set directly."""
    server = Server(Simulator(generation=request.param), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    """A PostgreSQL for all tests of a file; each takes a database of its own in it."""
    with servers.postgres() as url:
        yield url


def new_database(url: str) -> str:
    """Make an empty database in the server of `url`, and return its address."""
    name = f"panel_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return f"{url.rpartition('/')[0]}/{name}"


def in_production(database_url: str, redis_url: str) -> dict[str, str]:
    """Return the settings of a panel with PostgreSQL and Redis."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "only-for-this-test",
        "FIELD_KEYS": "aW4tZmVybmV0LWtleXMtZXZlcnktYnl0ZS1jb3VudHM=",
    }


@pytest.fixture
def make_panel(tmp_path: Path) -> Iterator[Callable[[str], Panel]]:
    """Make a panel for the mail server at an address."""
    panels: list[Panel] = []

    def make(url: str) -> Panel:
        ours = ("DJANGO_", "STALWART_", "DATABASE_", "DATA_", "REDIS_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {
            "PANEL_ENV_FILE": os.devnull,
            "DATA_DIR": str(tmp_path / "panel"),
            "STALWART_URL": url,
            "STALWART_USER": "admin",
            "STALWART_PASSWORD": "admin-secret",
            "PORT": str(free_port()),
        }
        panels.append(Panel(tmp_path / "panel", environment))
        return panels[-1]

    yield make
    for panel in panels:
        panel.end()
