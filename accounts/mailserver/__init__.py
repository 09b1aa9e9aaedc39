"""From settings to a StalwartClient; the only factory. Tests and the demo put the simulator behind the same door."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from django.conf import settings

from stalwart_client import Capabilities, Credentials, QueuedMessage, StalwartClient, StalwartError, Timeouts

if TYPE_CHECKING:
    from stalwart_client.simulator import Simulator

__all__ = [
    "QueuedMessage",
    "StalwartError",
    "capabilities",
    "client",
    "forget",
    "is_simulated",
    "signed_in",
    "simulator",
    "use",
]

SIMULATOR = "simulator:"
_FRESH = timedelta(minutes=5)
SIMULATOR_ADMIN = Credentials(user="admin", secret="admin-secret")  # noqa: S106 - the simulator's, as documented


@dataclass
class _Kept:
    """The clients of this process by time-out; made on first use, so after a fork."""

    clients: dict[timedelta, StalwartClient] = field(default_factory=dict)
    simulator: Simulator | None = None
    capabilities: tuple[StalwartClient, float, Capabilities] | None = None
    sleep: Callable[[float], object] = time.sleep
    lock: threading.Lock = field(default_factory=threading.Lock)


_kept = _Kept()


def client(timeout: timedelta | None = None) -> StalwartClient:
    """Return this process's client; threads share it. A page asks with a short time-out of its own."""
    wait = timeout or settings.STALWART_TIMEOUT
    with _kept.lock:
        if wait not in _kept.clients:
            _kept.clients[wait] = _make(wait)
        return _kept.clients[wait]


@contextmanager
def signed_in(url: str, *, user: str = "", password: str = "", token: str = "") -> Iterator[StalwartClient]:
    """Yield a client for credentials that are not the panel's settings; nothing of them is kept."""
    with closing(StalwartClient(url, Credentials(user=user, secret=password, token=token))) as made:
        yield made


def forget() -> None:
    """Drop the clients: the settings have changed, or a test is over."""
    with _kept.lock:
        for made in _kept.clients.values():
            made.close()
        _kept.clients.clear()
        _kept.simulator = _kept.capabilities = None


def use(server: Simulator) -> None:
    """Put this simulator behind the door, for tests; nobody waits between tries."""
    forget()
    _kept.simulator, _kept.sleep = server, lambda _: None


def is_simulated() -> bool:
    return _kept.simulator is not None or settings.STALWART_URL.startswith(SIMULATOR)


def simulator() -> Simulator:
    """Return the simulated server, to set a scene in it.

    :raises LookupError: if the server is a real one
    """
    client()
    if _kept.simulator is None:
        raise LookupError(settings.STALWART_URL)
    return _kept.simulator


def _make(wait: timedelta) -> StalwartClient:
    given = Credentials(user=settings.STALWART_USER, secret=settings.STALWART_PASSWORD, token=settings.STALWART_TOKEN)
    seconds = wait.total_seconds()
    timeout = Timeouts(connect=min(3.0, seconds), read=seconds)
    if is_simulated():
        server = _kept.simulator = _kept.simulator or _simulator()
        credentials = given if given != Credentials() else SIMULATOR_ADMIN
        return StalwartClient(
            "http://simulator.test", credentials, transport=server.transport(), timeout=timeout, sleep=_kept.sleep
        )
    return StalwartClient(settings.STALWART_URL, given, timeout=timeout)


def _simulator() -> Simulator:
    """Return the simulator whose state lies in the data folder, so that every process sees one server."""
    # Imported here: a panel with a real server never loads it.
    from stalwart_client.simulator import Simulator  # noqa: PLC0415

    generation: Literal["0.15", "0.16"] = "0.15" if settings.STALWART_URL.endswith("0.15") else "0.16"
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return Simulator(generation=generation, state_file=folder / f"stalwart-{generation}.sqlite3")


def capabilities() -> Capabilities:
    """Return what the server can do; asked anew every few minutes, since a server is upgraded under a running panel."""
    asked = client()
    kept = _kept.capabilities
    if kept is None or kept[0] is not asked or time.monotonic() - kept[1] > _FRESH.total_seconds():
        kept = _kept.capabilities = (asked, time.monotonic(), asked.facts().capabilities)
    return kept[2]
