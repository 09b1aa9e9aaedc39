"""Real servers from Debian's packages for the tests marked `postgres` and `redis`: thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_OWNER = "postgres"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def postgres() -> Iterator[str]:
    """Run a PostgreSQL of our own and yield its DATABASE_URL; skips where it is not installed."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, _OWNER, _OWNER)
        data, port = f"{folder}/data", free_port()
        control = (str(programs / "pg_ctl"), "--pgdata", data, "--silent", "--wait")
        _as_owner(str(programs / "initdb"), "--pgdata", data, "--auth", "trust", "--username", _OWNER, "--no-sync")
        # Nothing here outlives the test, so nothing needs to reach the disk.
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off"
        _as_owner(*control, "--options", options, "--log", f"{folder}/log", "start")
        try:
            yield f"postgres://{_OWNER}@127.0.0.1:{port}/{_OWNER}"
        finally:
            _as_owner(*control, "--mode", "immediate", "stop")


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis of our own and yield its REDIS_URL; skips where it is not installed."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("Redis is not installed")
    port = free_port()
    command = (program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout is not None
        while "Ready to accept connections" not in server.stdout.readline():
            assert server.poll() is None
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


def _as_owner(*command: str) -> None:
    prefix = ("runuser", "-u", _OWNER, "--") if os.geteuid() == 0 else ()
    subprocess.run((*prefix, *command), check=True, stdout=subprocess.DEVNULL, cwd="/")  # noqa: S603
