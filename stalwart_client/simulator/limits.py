"""How much a client may ask: budgets a minute, requests at once, and failed sign-ins until a ban.

Where the state is in a file, the counts are in it too and the requests under way hold locks on a file beside it, so
that all processes share one server's budgets, and one that dies gives back what it held.
"""

from __future__ import annotations

import fcntl
import os
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

_MOST_SLOTS: Final = 1024
"""Bytes of the lock file that belong to one account."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a window of so many seconds."""

    count: int
    period: int


ANONYMOUS: Final = Rate(100, 60)
ACCOUNT: Final = Rate(1000, 60)
FAILURES: Final = Rate(100, 86_400)
CONCURRENT: Final = 4


class TooMany(Exception):
    """A budget is used up; `seconds` is the time until the clock window ends."""

    def __init__(self, budget: int, seconds: int) -> None:
        super().__init__(f"more than {budget}")
        self.budget = budget
        self.seconds = seconds


class Busy(Exception):
    """The account has as many requests under way as it may have."""

    def __init__(self, at_once: int) -> None:
        super().__init__(f"more than {at_once}")
        self.at_once = at_once


class Counts(Protocol):
    """Where windows are counted."""

    def count(self, key: str, window: int) -> int:
        """Count one more in a window and return how many that makes."""
        ...

    def forget_counts(self, beginning: str) -> None:
        """Forget the counts whose keys begin so."""
        ...


class OwnCounts:
    """Counts of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}

    def count(self, key: str, window: int) -> int:
        with self._lock:
            last, count = self._windows.get(key, (window, 0))
            count = count + 1 if last == window else 1
            self._windows[key] = (window, count)
        return count

    def forget_counts(self, beginning: str) -> None:
        with self._lock:
            self._windows = {key: value for key, value in self._windows.items() if not key.startswith(beginning)}


class Slots:
    """Requests under way by account, of this process or, with a file, of all that open it."""

    def __init__(self, path: Path | None) -> None:
        self._file = None if path is None else os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._held: set[int] = set()

    def take(self, name: str, at_once: int) -> int | None:
        """Take a place for one request and return its number, None if all are taken."""
        with self._lock:
            place = self._free_place(name, at_once)
            if place is not None:
                self._running[name] += 1
                self._held.add(place)
        return place

    def give_back(self, name: str, place: int) -> None:
        with self._lock:
            self._running[name] -= 1
            self._held.discard(place)
            if self._file is not None:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, place)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _free_place(self, name: str, at_once: int) -> int | None:
        first = zlib.crc32(name.encode()) * _MOST_SLOTS
        if self._file is None:
            taken = self._running[name] >= at_once
            return None if taken else next(place for place in range(first, first + at_once) if place not in self._held)
        for place in range(first, first + min(at_once, _MOST_SLOTS)):
            if place not in self._held and _locked(self._file, place):
                return place
        return None


class Limits:
    """Counts in fixed windows that are aligned to the clock, as both servers do."""

    def __init__(self, clock: Callable[[], datetime], counts: Counts, slots: Slots) -> None:
        self._clock = clock
        self._counts = counts
        self._slots = slots

    def anonymous(self, remote: str, rate: Rate | None) -> None:
        """Count a request without credentials.

        :raises TooMany: if the address has used up its budget
        """
        self._check(f"anonymous {remote}", rate)

    def failed(self, remote: str, login: str, rate: Rate | None) -> bool:
        """Count a failed sign-in by address and by login name; True when that is one too many."""
        try:
            self._check(f"failed {remote}", rate)
            self._check(f"failed login {login}", rate)
        except TooMany:
            return True
        return False

    @contextmanager
    def account(
        self, name: str, *, rate: Rate | None, unlimited: bool, at_once: int | None = CONCURRENT
    ) -> Iterator[None]:
        """Let an account's request run.

        :raises TooMany: if the account has used up its budget of the minute
        :raises Busy: if too many of its requests are under way
        """
        if unlimited:
            yield
            return
        self._check(f"account {name}", rate)
        place = 0 if at_once is None else self._slots.take(name, at_once)
        if place is None:
            raise Busy(at_once or 0)
        try:
            yield
        finally:
            if at_once is not None:
                self._slots.give_back(name, place)

    def forget_failures(self) -> None:
        """Forget the failed sign-ins, as purging `rate-auth` does on 0.15."""
        self._counts.forget_counts("failed ")

    def close(self) -> None:
        self._slots.close()

    def _check(self, key: str, rate: Rate | None) -> None:
        if rate is None:
            return
        moment = int(self._clock().timestamp())
        if self._counts.count(key, moment // rate.period) > rate.count:
            raise TooMany(rate.count, rate.period - moment % rate.period)


def _locked(file: int, place: int) -> bool:
    """Lock one byte of a file, which the system gives back when the process ends."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
    except OSError:
        return False
    return True
