"""The embedded supervisor: keeps the web server and the job runner going, and ends both with itself.

    python -m metrosure_admin.supervisor --bind 127.0.0.1:8000

`manage.py serve` prepares the database and the static files and then becomes this process. It imports no
Django, so it costs a few megabytes only.
"""

from __future__ import annotations

import argparse
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MANAGE = Path(__file__).resolve().parent.parent / "manage.py"

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 30.0
_SETTLED_AFTER = 60.0
"""A child that has lived this long starts again at once; one that dies sooner waits longer each time."""
_PATIENCE = 25.0
"""How long children may finish what they have in hand before they are killed."""
_LOOK = 0.2
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One process that is to run all the time."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    wait: float = _FIRST_WAIT

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def keep_going(self, now: float) -> None:
        """Start it, or start it again after a wait that doubles while it keeps dying."""
        if self.is_alive:
            return
        if self.process is not None:
            self._plan_restart(self.process.returncode, now)
        if self.process is None and now >= self.start_at:
            self.process, self.started_at = _start(self.command), now

    def _plan_restart(self, code: int, now: float) -> None:
        self.wait = _FIRST_WAIT if now - self.started_at > _SETTLED_AFTER else min(self.wait * 2, _LONGEST_WAIT)
        self.process, self.start_at = None, now + self.wait
        _say(f"{self.name} ended with {code}; it starts again in {self.wait:.0f} s.")


class Supervisor:
    """Runs children until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, self._stop)
        try:
            while not self._stopping:
                for child in self._children:
                    child.keep_going(time.monotonic())
                time.sleep(_LOOK)
        finally:
            self._end_all()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _end_all(self) -> None:
        """Ask every child to end, and leave none behind."""
        alive = [child.process for child in self._children if child.process and child.is_alive]
        for process in alive:
            process.terminate()
        deadline = time.monotonic() + _PATIENCE
        for process in alive:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def web(bind: str, threads: int) -> Child:
    """One process with threads: SQLite has one writer, and caches are shared for free."""
    options = ["--bind", bind, "--workers", "1", "--worker-class", "gthread", "--threads", str(threads)]
    # Which proxy is believed is for TRUSTED_PROXIES to say; gunicorn would believe every program of this machine.
    options += ["--forwarded-allow-ips", ""]
    gunicorn = [sys.executable, "-m", "gunicorn", "metrosure_admin.wsgi", *options]
    return Child("The web server", [*gunicorn, "--no-control-socket", "--graceful-timeout", "10"])


def runner() -> Child:
    return Child("The job runner", [sys.executable, str(_MANAGE), "runner"])


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # A group of its own: Ctrl-C reaches the supervisor alone, which then ends its children in order.
    return subprocess.Popen(command, start_new_session=True, preexec_fn=_die_with_parent)  # noqa: PLW1509, S603


def _die_with_parent() -> None:
    """Ask Linux to end the child when the supervisor dies without a word (kill -9)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description="Keeps the panel's web server and job runner going.")
    parser.add_argument("--bind", required=True, metavar="HOST:PORT")
    parser.add_argument("--threads", type=int, default=8)
    options = parser.parse_args()
    Supervisor([web(options.bind, options.threads), runner()]).run()


if __name__ == "__main__":
    main()
