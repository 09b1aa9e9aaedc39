"""A panel to measure: its settings, and one of our modules as a process of its own, so that nothing is warm."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bench.client import say, served

_MIB = 1024**2


@contextmanager
def environment(url: str, **more: str) -> Iterator[dict[str, str]]:
    """Yield the settings of a panel for the mail server at `url`, with a data folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        yield (
            os.environ
            | {
                "PANEL_ENV_FILE": os.devnull,
                "DATA_DIR": folder,
                "STALWART_URL": url,
                "STALWART_USER": "admin",
                "STALWART_PASSWORD": "admin-secret",
                "LOG_LEVEL": "WARNING",
            }
            | more
        )


def run(module: str, settings: Mapping[str, str], *arguments: str) -> None:
    """Run a module of ours beside this one, with these settings."""
    subprocess.run([sys.executable, "-m", module, *arguments], env=dict(settings), check=True)  # noqa: S603 - ours


def on_both_generations(
    module: str, about: str, sizes: str, usual: int, title: str, measure: Callable[[int], None]
) -> None:
    """Measure beside a mail server of each generation, in a process of its own; `sizes` is how many of what."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=about)
    parser.add_argument(f"--{sizes}", dest="size", type=int, default=usual)
    parser.add_argument("--generation", choices=["0.15", "0.16"], action="append")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.size)
        return
    for generation in options.generation or ["0.15", "0.16"]:
        say(f"\nStalwart {generation} (simulated), {options.size:,} {title}")
        with served(generation) as url, environment(url) as settings:
            run(module, settings, "--measure", f"--{sizes}", str(options.size))


def set_up() -> None:
    """Make this process a panel with a new database."""
    import django  # noqa: PLC0415 - only the process that measures is a panel

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metrosure_admin.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - Django must be set up first

    call_command("migrate", verbosity=0)


def load() -> str:
    """Say how busy the machine was with other things: figures of a busy one are worse than they are."""
    return f"{os.getloadavg()[0]:.1f}"


@contextmanager
def timed() -> Iterator[Callable[[], tuple[float, float]]]:
    """Tell, at any moment, how long it has taken so far and how long it kept a processor busy."""
    started, busy = time.perf_counter(), time.process_time()
    yield lambda: (time.perf_counter() - started, time.process_time() - busy)
