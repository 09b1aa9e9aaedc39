"""What a whole comparison costs beside the bare listing that it stands on, in time and in memory.

Everything runs here: a simulated mail server on a socket, a panel with SQLite in a folder that is thrown away.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import psutil

from bench import panel
from bench.client import DOMAIN, SECRET, say
from stalwart_client import Create, Denial, StalwartClient, Wanted

if TYPE_CHECKING:
    from accounts.outbox.listing import Sync

_MIB = 1024**2
_BATCH = 500
ENDS = datetime(2030, 1, 1, tzinfo=UTC)


def main() -> None:
    panel.on_both_generations("bench.sync", __doc__, "mailboxes", 100_000, "mailboxes", measure)


def measure(mailboxes: int) -> None:
    """Compare three times: when nothing is recorded of the server's mailboxes, when all is new, when all is known."""
    panel.set_up()
    from accounts import mailserver, outbox  # noqa: PLC0415 - Django must be set up first

    fill(mailserver.client(), mailboxes)
    listing = _told("bare listing", lambda: sum(1 for _ in mailserver.client().walk()))
    record(mailboxes)
    for name in ("first comparison", "each later one"):
        took = _told(name, lambda: _agreeing(outbox.sync(datetime.now(UTC))))
        say(f"    {took / listing:.2f} times the bare listing; load {panel.load()}")


def _agreeing(outcome: Sync) -> int:
    """Return how many mailboxes were compared: all agree, as nearly all do in a panel that is in use."""
    if any(outcome.counts.values()):
        raise RuntimeError(f"They differ: {outcome.counts}")
    return outcome.listed


def fill(client: StalwartClient, mailboxes: int) -> None:
    """Make the mailboxes as the panel would have made them."""
    facts = client.facts()
    denials = frozenset({Denial.CREDENTIALS, Denial.DIRECTORY}) & facts.capabilities.denials
    deadline = ENDS if facts.capabilities.deadlines else None
    denials = denials if deadline else denials - {Denial.CREDENTIALS}
    for start in range(0, mailboxes, _BATCH):
        wanted = [
            Wanted(address=_address(n), name=f"Record {n}", quota=1024**3, denials=denials, deadline=deadline)
            for n in range(start, min(start + _BATCH, mailboxes))
        ]
        outcomes = client.apply([Create(wanted=each, secret=SECRET) for each in wanted])
        assert not any(outcome.error for outcome in outcomes)  # noqa: S101 - a figure of failures is none


def record(mailboxes: int) -> None:
    """Add the records that fit."""
    from accounts.models import Account, MailDomain, Profile  # noqa: PLC0415

    now = datetime.now(UTC) - timedelta(hours=1)
    domain = MailDomain.objects.create(name=DOMAIN, created_at=now, seen_at=now)
    profile = Profile.objects.standard()
    numbers = iter(range(mailboxes))
    while some := list(islice(numbers, _BATCH)):
        accounts = []
        for number in some:
            account = Account(
                address=_address(number),
                domain=domain,
                profile=profile,
                name=f"Record {number}",
                owner="hr@example.org",
                starts_at=now,
                ends_at=ENDS,
                grace_days=profile.grace_days,
                retention_days=profile.retention_days,
                created_at=now,
                mailbox_asked_at=now,
            )
            account.equip(profile)
            account.live(account.life, now)
            accounts.append(account)
        Account.objects.bulk_create(accounts)


def _address(number: int) -> str:
    return f"record{number}@{DOMAIN}"


def _told(name: str, work: Callable[[], int]) -> float:
    """Print what a work took, and return how long it kept a processor busy: others use the machine too."""
    with _watched() as most:
        started, busy = time.perf_counter(), time.process_time()
        count = work()
        took, busy = time.perf_counter() - started, time.process_time() - busy
    grown = f"grew by {most():.1f} MB"
    say(f"  {name:<18}{took:7.1f} s, {busy:5.1f} s of a processor, {count / took:6,.0f} mailboxes a second, {grown}")
    return busy


@contextmanager
def _watched() -> Iterator[Callable[[], float]]:
    """Look at this process's memory all the time, and tell by how much it grew at most.

    Files that it looks at do not count: SQLite maps its database, and the system lets go of that when it likes.
    """
    process, done = psutil.Process(), threading.Event()

    def own() -> int:
        memory = process.memory_info()
        return int(memory.rss - memory.shared)

    before = most = own()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.05):
            most = max(most, own())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: (most - before) / _MIB
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    with closing(sys.stdout):
        main()
