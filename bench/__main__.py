"""Prints figures and their ratios for both generations of the mail server. Compare ratios between machines.

Everything runs here: a simulated mail server on a socket, a panel with SQLite in a folder that is thrown away.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench import panel
from bench.client import say
from bench.memory import memory_of_a_panel

_WAIT = 20


def main() -> None:
    for generation in ("0.15", "0.16"):
        with _server(generation) as url, panel.environment(url) as settings:
            say(f"\nStalwart {generation} (simulated)")
            panel.run("bench.measure", settings)
            memory_of_a_panel(settings)
            for of_its_own in ("bench.bulk", "bench.imports"):
                with panel.environment(url) as alone:
                    panel.run(of_its_own, alone)


@contextmanager
def _server(generation: str) -> Iterator[str]:
    """Run the mail server as a process of its own, as it would be."""
    command = [sys.executable, "-m", "stalwart_client.simulator", "--generation", generation]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 - it was asked for
        url = process.stdout.readline().split()[-1]
        try:
            _let_it_settle(process.pid)
            yield url
        finally:
            process.terminate()


def _let_it_settle(pid: int) -> None:
    """Wait until starting up no longer takes a processor away from what is measured."""
    process, deadline = psutil.Process(pid), time.monotonic() + _WAIT
    while process.cpu_percent(0.2) > 5 and time.monotonic() < deadline:
        pass


if __name__ == "__main__":
    main()
