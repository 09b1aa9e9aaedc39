"""Before installing: does this machine have what the panel needs? Each look ends within seconds and needs no tables."""

from __future__ import annotations

import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import redis
from django.conf import settings
from django.db import DatabaseError, connection

from accounts.services import preflight_net
from accounts.services.findings import Finding, Verdict

WAIT = 5.0
"""Seconds for each look."""
_PYTHON = (3, 11)
_MB = 1024 * 1024
_MEMORY, _MEMORY_LEAST = 512 * _MB, 256 * _MB
_DISK, _DISK_LEAST = 2048 * _MB, 200 * _MB
_MEMORY_HERE = Path("/proc/meminfo")
_CONTAINER = Path("/sys/fs/cgroup")


def examine() -> list[Finding]:
    """Look at everything at the same time; findings come in the order of the looks."""
    with ThreadPoolExecutor() as pool:
        return [finding for found in pool.map(_one, _LOOKS) for finding in found]


def _one(look: Callable[[], Finding | Iterable[Finding]]) -> list[Finding]:
    found = look()
    return [found] if isinstance(found, Finding) else list(found)


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    said = f"Python {'.'.join(map(str, version))}."
    if version < _PYTHON:
        return Finding("python", Verdict.FAIL, said, "Install Python 3.11 or newer.")
    return Finding("python", Verdict.OK, said)


def port() -> Finding:
    """Can the panel listen? It may be the panel itself that listens already."""
    name, number = "port", settings.PORT
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            if _is_panel(number):
                return Finding(name, Verdict.OK, f"A panel listens on {number} already.")
            advice = "Choose another PORT, or stop what listens there."
            return Finding(name, Verdict.FAIL, f"{number} cannot be used ({error.strerror}).", advice)
    return Finding(name, Verdict.OK, f"{number} is free.")


def memory() -> Finding:
    found = min(filter(None, (_free_memory(), _container_memory())), default=None)
    if found is None:
        return Finding("memory", Verdict.UNKNOWN, "This system does not tell how much is free.")
    verdict = _enough(found, _MEMORY, _MEMORY_LEAST)
    advice = "" if verdict is Verdict.OK else "The panel takes up to 220 MB, in parts up to 400 MB: leave 512 MB free."
    return Finding("memory", verdict, f"{found // _MB} MB are free.", advice)


def data_folder() -> Finding:
    """Write a file where the data will lie, and take it away again."""
    folder = Path(settings.DATA_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"panel")
    except OSError as error:
        found = f"{folder} cannot be written ({error.strerror})."
        return Finding("data folder", Verdict.FAIL, found, "Give it to the panel's user, or set DATA_DIR to another.")
    return Finding("data folder", Verdict.OK, f"{folder} can be written.")


def disk() -> Finding:
    folder = next(each for each in (Path(settings.DATA_DIR), *Path(settings.DATA_DIR).parents) if each.exists())
    free = shutil.disk_usage(folder).free
    verdict = _enough(free, _DISK, _DISK_LEAST)
    advice = "" if verdict is Verdict.OK else "Make room: 100,000 accounts with their log take about 1 GB."
    return Finding("disk", verdict, f"{free // _MB} MB are free for the data folder.", advice)


def keys() -> Finding:
    missing = [name for name in ("SECRET_KEY", "FIELD_KEYS") if not settings.KEYS_GIVEN[name]]
    if not missing:
        return Finding("keys", Verdict.OK, "SECRET_KEY and FIELD_KEYS are set.")
    if settings.EMBEDDED:
        return Finding("keys", Verdict.OK, "The panel makes its own keys and keeps them in the data folder.")
    advice = "`manage.py setup` makes them; README, “Settings”, says how to do it by hand."
    return Finding("keys", Verdict.FAIL, f"{' and '.join(missing)} must be set where REDIS_URL is.", advice)


def database() -> Finding:
    """Open a connection of its own, which asks for no table."""
    asked = connection.copy()
    if asked.vendor == "sqlite" and not Path(asked.settings_dict["NAME"]).exists():
        return Finding("database", Verdict.OK, "SQLite makes its file at the first start.")
    if asked.vendor == "postgresql":
        options: dict[str, Any] = asked.settings_dict.setdefault("OPTIONS", {})
        options["connect_timeout"] = int(WAIT)
    try:
        with asked.cursor():
            version = ".".join(map(str, asked.get_database_version()))
    except (DatabaseError, OSError):
        advice = "Start it, and look at DATABASE_URL: host, port, name, user and password."
        return Finding("database", Verdict.FAIL, f"{asked.display_name} does not let us in.", advice)
    finally:
        asked.close()
    return Finding("database", Verdict.OK, f"{asked.display_name} {version} answers.")


def broker() -> Finding:
    if not settings.REDIS_URL:
        return Finding("redis", Verdict.OK, "Not used: the panel's own runner carries out jobs.")
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=WAIT, socket_connect_timeout=WAIT) as asked:
            asked.ping()
    except redis.AuthenticationError:
        return Finding("redis", Verdict.FAIL, "It refuses the password.", "Write the right one into REDIS_URL.")
    except (redis.RedisError, OSError, ValueError):
        return Finding("redis", Verdict.FAIL, "It does not answer.", "Start it, and look at REDIS_URL.")
    return Finding("redis", Verdict.OK, "It answers.")


def _is_panel(number: int) -> bool:
    try:
        answer = httpx.get(f"http://127.0.0.1:{number}/health", timeout=WAIT)
        return bool(answer.json() == {"status": "ok"})
    except (httpx.HTTPError, ValueError):
        return False


def _enough(found: int, wanted: int, least: int) -> Verdict:
    return Verdict.FAIL if found < least else Verdict.WARN if found < wanted else Verdict.OK


def _free_memory() -> int | None:
    try:
        lines = _MEMORY_HERE.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _container_memory() -> int | None:
    """Return what a container may still take; None where nothing limits it."""
    try:
        limit = (_CONTAINER / "memory.max").read_text(encoding="ascii").strip()
        taken = (_CONTAINER / "memory.current").read_text(encoding="ascii").strip()
    except OSError:
        return None
    return int(limit) - int(taken) if limit.isdigit() else None


_LOOKS: tuple[Callable[[], Finding | Iterable[Finding]], ...] = (
    python,
    memory,
    data_folder,
    disk,
    port,
    keys,
    database,
    broker,
    preflight_net.names,
    preflight_net.mail_ports,
    preflight_net.mail_server,
)
