"""What a panel takes of the machine that it shares with the mail server, at rest and after load."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest

from tests import servers
from tests.compose import arguments, services

_WAIT = 90
_LOOKS = 200
_MIB = 1024**2
_REST = 5
_LOAD = """
import time
from datetime import UTC, datetime, timedelta
from accounts.domain.people import Actor
from accounts.models import Operation
from accounts.services import accounts, domains
now, by = datetime.now(UTC), Actor(name="bench")
domains.create_domain("load.example.org", by=by, now=now, clock=lambda: datetime.now(UTC))
for number in range(100):
    accounts.create_account(address=f"load{number}@load.example.org", name="Load", owner="hr@example.org",
        ends_at=now + timedelta(days=30), by=by, now=now)
while Operation.objects.open().exists():
    time.sleep(0.2)
"""
"""100 accounts, until the mail server has them all."""
EMBEDDED_AT_MOST = 220
SMALL_AT_MOST = 400
"""MiB of all processes together: the panel leaves the rest of 2 GB to the mail server."""


def memory_of_a_panel(environment: Mapping[str, str]) -> None:
    """Weigh the embedded panel on the data that the other figures left, and the small profile on a new database."""
    port = str(servers.free_port())
    command = [sys.executable, "manage.py", "serve"]
    with _running([command], {**environment, "PORT": port}) as processes:
        _weigh("embedded", processes, port, environment, EMBEDDED_AT_MOST)
    try:
        _weigh_the_small_profile(environment)
    except pytest.skip.Exception as missing:
        sys.stdout.write(f"  small profile           not weighed: {missing}\n")


def _weigh_the_small_profile(environment: Mapping[str, str]) -> None:
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        stores = {
            "DATABASE_URL": stack.enter_context(servers.postgres()),
            "REDIS_URL": stack.enter_context(servers.redis()),
        }
        keys = {"SECRET_KEY": "bench", "FIELD_KEYS": "aW4tZmVybmV0LWtleXMtZXZlcnktYnl0ZS1jb3VudHM="}
        port = str(servers.free_port())
        path = f"{Path(sys.executable).parent}:{environment['PATH']}"
        given = {**environment, **stores, **keys, "PATH": path, "DATA_DIR": folder}
        processes = stack.enter_context(_running(_small(port, folder), given))
        _weigh("small profile", processes, port, given, SMALL_AT_MOST)


def _small(port: str, folder: str) -> list[list[str]]:
    """Return the commands of docker-compose.yml, with a port and a folder of ours."""
    here = {"0.0.0.0:8000": f"127.0.0.1:{port}", "/tmp/celerybeat-schedule": f"{folder}/beat"}  # noqa: S108
    parts = [arguments(service["command"]) for service in services("small").values() if "build" in service]
    return [[here.get(word, word) for word in part] for part in parts]


@contextmanager
def _running(commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> Iterator[list[psutil.Process]]:
    started = [
        subprocess.Popen(command, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
        for command in commands
    ]
    try:
        yield [psutil.Process(process.pid) for process in started]
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(_WAIT)


def _weigh(what: str, processes: Sequence[psutil.Process], port: str, panel: Mapping[str, str], at_most: int) -> None:
    _look(f"http://127.0.0.1:{port}", 1)
    time.sleep(_REST)
    _say(f"{what}, at rest", _sizes(processes), at_most)
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", _LOAD]
    subprocess.run(command, env=dict(panel), check=True)  # noqa: S603 - our own command
    _look(f"http://127.0.0.1:{port}", _LOOKS)
    _say("after load", _sizes(processes), at_most)


def _sizes(processes: Sequence[psutil.Process]) -> dict[str, float]:
    """Return the share of each process in the memory that is really taken: what several share counts once."""
    family = [each for process in processes for each in (process, *process.children(recursive=True))]
    sizes: dict[str, float] = {}
    for process in family:
        name = _name(process)
        sizes[name] = sizes.get(name, 0.0) + process.memory_full_info().pss / _MIB
    return sizes


def _say(what: str, sizes: Mapping[str, float], at_most: int) -> None:
    total = sum(sizes.values())
    verdict = "well" if total <= at_most else "TOO MUCH"
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    sys.stdout.write(f"  {what:<24}{total:5.0f} MiB of at most {at_most} ({verdict}): {parts}\n")
    sys.stdout.flush()


def _look(url: str, times: int) -> None:
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            for _ in range(times):
                urllib.request.urlopen(f"{url}/sign-in/", timeout=10).read()  # noqa: S310 - our own panel
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _name(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    names = {"supervisor": "supervisor", "manage.py runner": "runner", "celery": "worker and beat"}
    return next((name for word, name in names.items() if word in line), "web")
