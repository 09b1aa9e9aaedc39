"""How much a client may ask: budgets a minute, requests at once, and bans after failed sign-ins."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

ANONYMOUS: Final = 100
ACCOUNT: Final = 1000
CONCURRENT: Final = 4
FAILURES: Final = 100

_MINUTE: Final = 60
_DAY: Final = 86_400


class TooMany(Exception):
    """A budget is used up; `seconds` is the time until the clock window ends."""

    def __init__(self, budget: int, seconds: int) -> None:
        super().__init__(f"more than {budget}")
        self.budget = budget
        self.seconds = seconds


class Busy(Exception):
    """The account has as many requests under way as it may have."""


class Limits:
    """Counts in fixed windows that are aligned to the clock, as both servers do.

    Loopback is exempt from the anonymous budget and from bans, never from the other limits.
    """

    def __init__(self, clock: Callable[[], datetime], *, exempt_loopback: bool) -> None:
        self._clock = clock
        self._exempt_loopback = exempt_loopback
        self._lock = threading.Lock()
        self._windows: dict[tuple[Hashable, ...], tuple[int, int]] = {}
        self._running: Counter[Hashable] = Counter()

    def exempts(self, *, local: bool) -> bool:
        """Say whether this caller is exempt from the anonymous budget and from bans."""
        return local and self._exempt_loopback

    def anonymous(self, remote: str, *, local: bool) -> None:
        """Count a request without credentials.

        :raises TooMany: if the address has used up its budget
        """
        if not self.exempts(local=local):
            self._count(("anonymous", remote), ANONYMOUS, _MINUTE)

    def failed(self, remote: str, login: str, *, local: bool) -> bool:
        """Count a failed sign-in by address and by login name; True when that is one too many."""
        if self.exempts(local=local):
            return False
        try:
            self._count(("failed", remote), FAILURES, _DAY)
            self._count(("failed", "login", login), FAILURES, _DAY)
        except TooMany:
            return True
        return False

    @contextmanager
    def account(self, name: Hashable, *, unlimited: bool, at_once: int = CONCURRENT) -> Iterator[None]:
        """Let an account's request run.

        :raises TooMany: if the account has used up its budget of the minute
        :raises Busy: if too many of its requests are under way
        """
        if unlimited:
            yield
            return
        self._count(("account", name), ACCOUNT, _MINUTE)
        with self._lock:
            if self._running[name] >= at_once:
                raise Busy
            self._running[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[name] -= 1

    def forget_failures(self) -> None:
        """Forget the failed sign-ins, as purging `rate-auth` does on 0.15."""
        with self._lock:
            self._windows = {key: value for key, value in self._windows.items() if key[0] != "failed"}

    def _count(self, key: tuple[Hashable, ...], budget: int, period: int) -> None:
        moment = int(self._clock().timestamp())
        window = moment // period
        with self._lock:
            last, count = self._windows.get(key, (window, 0))
            count = count + 1 if last == window else 1
            self._windows[key] = (window, count)
        if count > budget:
            raise TooMany(budget, period - moment % period)
