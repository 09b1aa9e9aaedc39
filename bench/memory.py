"""What an embedded panel takes of the machine that it shares with the mail server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping

import psutil

_WAIT = 60
_LOOKS = 50
_MIB = 1024**2


def memory_of_a_panel(environment: Mapping[str, str]) -> None:
    """Start the panel on the data that the other figures left, look at it a little, and weigh it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "manage.py", "serve"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env={**environment, "PORT": str(port)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as panel:
        try:
            _look(f"http://127.0.0.1:{port}")
            family = [psutil.Process(panel.pid), *psutil.Process(panel.pid).children(recursive=True)]
            sizes = {_name(process): process.memory_full_info().pss / _MIB for process in family}
        finally:
            panel.terminate()
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    sys.stdout.write(f"  {'memory':<16}{sum(sizes.values()):8.0f} MiB: {parts}\n")


def _look(url: str) -> None:
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            for _ in range(_LOOKS):
                urllib.request.urlopen(f"{url}/sign-in/", timeout=10).read()  # noqa: S310 - our own panel
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def _name(process: psutil.Process) -> str:
    line = process.cmdline()
    if "metrosure_admin.supervisor" in line:
        return "supervisor"
    if "runner" in line:
        return "runner"
    return "web" if process.children() == [] else "web's master"
