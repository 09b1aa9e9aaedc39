"""How long an operation waits before its next try, and when it stops trying by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=5)
WRONG_CREDENTIALS_WAIT = timedelta(hours=1)
"""100 failed sign-ins a day ban the panel's address, for ever on 0.16: lifecycle.md."""

_TRIES: dict[str, int | None] = {
    "unreachable": None,
    "busy": None,
    "wrong_credentials": None,
    "unexpected": 8,
    "own_fault": 8,
    "not_shown_yet": 8,
    "not_sent": 20,
}


def gives_up(code: str, attempts: int) -> bool:
    """Say whether a person must decide now. A server that is away is waited for without end: locks must come."""
    allowed = _TRIES.get(code, 0)
    return allowed is not None and attempts >= allowed


def next_try(code: str, attempts: int, now: datetime, *, spread: float, retry_after: float | None = None) -> datetime:
    """Return when to try again: doubling from two seconds to five minutes, a fifth earlier or later by chance.

    `spread` is between 0 and 1; `retry_after` (seconds) is what the server asked for.
    """
    if code == "wrong_credentials":
        return now + WRONG_CREDENTIALS_WAIT
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 20)
    wait = min(doubled, LONGEST_WAIT) * (0.8 + 0.4 * spread)
    return now + max(wait, timedelta(seconds=retry_after or 0))
