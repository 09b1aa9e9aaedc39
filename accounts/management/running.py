"""The runner: carries out what waits in the outbox each second, and what recurs each half minute."""

from __future__ import annotations

import fcntl
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import IO

from django.conf import settings
from django.db import close_old_connections, connection

from accounts import outbox
from accounts.models import Kind, Operation, Pulse, Status
from accounts.services import ticks

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

PULSE = "runner"
BEAT = timedelta(minutes=1)
_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_LOOK_AGAIN = 0.2


@dataclass(slots=True)
class Runner:
    """A loop that `stop` ends after the batch in hand."""

    clock: Clock
    pause: float = _PAUSE
    _stopping: threading.Event = field(default_factory=threading.Event)
    _next: dict[str, float] = field(default_factory=dict)

    def stop(self, *_: object) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Go on until somebody stops it. A round that fails is logged, and the next ones come later and later."""
        with self._registered():
            pause = self.pause
            while not self._stopping.is_set():
                pause = self._guarded_round(pause)
                self._stopping.wait(pause)

    def round(self) -> None:
        """Do once what is due: locks and other changes first, then the schedule, then what that asked for."""
        self._work()
        if self._is_time_for("tick", ticks.TICK):
            ticks.tick(self.clock)
            self._work()
        if self._is_time_for(PULSE, BEAT):
            Pulse.objects.update_or_create(name=PULSE, defaults={"at": self.clock(), "failing_since": None})

    def until_idle(self) -> None:
        """Carry out operations until none is due, and none is under way in another process."""
        with self._registered():
            while not self._stopping.is_set():
                self._work()
                if not Operation.objects.filter(status=Status.RUNNING).exists():
                    return
                self._stopping.wait(_LOOK_AGAIN)

    def _guarded_round(self, pause: float) -> float:
        """Do a round, whatever it stumbles over, and return how long to wait for the next."""
        try:
            close_old_connections()
            self.round()
        except Exception:
            longer = min(pause * 2, _LONGEST_PAUSE)
            log.exception("A round of the runner failed; the next one follows in %.0f s.", longer)
            return longer
        return self.pause

    @contextmanager
    def _registered(self) -> Iterator[None]:
        """Hold the lock of this data folder; who gets it frees at once what a killed runner held.

        Elsewhere, and for what a web process held, a lease simply runs out.
        """
        if not settings.EMBEDDED or connection.vendor != "sqlite":
            yield
            return
        with (Path(settings.DATA_DIR) / "runner.lock").open("w") as file:
            if _locked(file):  # else another runner lives, and knows what it holds
                held = Operation.objects.filter(status=Status.RUNNING, kind=Kind.MAILBOX)
                held.update(leased_until=self.clock())
            yield

    def _work(self) -> None:
        while not self._stopping.is_set() and (outbox.work(self.clock) or ticks.asked(self.clock)):
            pass

    def _is_time_for(self, name: str, every: timedelta) -> bool:
        if time.monotonic() < self._next.get(name, 0.0):
            return False
        self._next[name] = time.monotonic() + every.total_seconds()
        return True


def _locked(file: IO[str]) -> bool:
    """Take the lock of a file, or say that somebody has it; the system lets go of it when the process dies."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def stop_on_signals(runner: Runner) -> None:
    """Let SIGTERM and SIGINT end the loop; a second SIGINT ends the process at once."""

    def stop(number: int, _frame: FrameType | None) -> None:
        runner.stop()
        signal.signal(number, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
