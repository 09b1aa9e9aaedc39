"""How long a moment at which very many terms end takes, until the mail server was seen to have locked them all.

Everything runs here: a simulated mail server on a socket, a panel with SQLite in a folder that is thrown away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

from bench import panel, sync
from bench.client import say
from stalwart_client import Denial, StalwartClient, Update

_BATCH = 100
_BARE = 2_000
_LATER = sync.ENDS - datetime.now(UTC)
"""The panel's clock is set past the moment; the mail server's is not, so that its own deadline locks nobody."""


def main() -> None:
    title = "terms that end at one moment"
    panel.on_both_generations("bench.sweep", __doc__, "accounts", 10_000, title, measure)


def measure(accounts: int) -> None:
    """Let them all end, and work until the mail server was read back for each; then ask it by itself."""
    panel.set_up()
    from accounts import mailserver, outbox  # noqa: PLC0415 - Django must be set up first
    from accounts.models import Account  # noqa: PLC0415
    from accounts.services import lifecycle  # noqa: PLC0415

    client = mailserver.client()
    sync.fill(client, accounts)
    sync.record(accounts)
    outbox.sync(datetime.now(UTC))
    bare = _told("the client alone", lambda: _lock_and_open(client, min(accounts, _BARE)))
    swept = _told("sweep", lambda: len(lifecycle.sweep(now=_clock()).changed))
    followed = _told("locks, each read back", lambda: sum(iter(lambda: outbox.work(_clock), 0)))
    whole = accounts / (accounts / swept + accounts / followed)
    say(f"    {accounts / whole:.1f} s in all, {whole / bare:.2f} of the client alone; load {panel.load()}")
    locked = sum(mailbox.locked for mailbox in client.walk())
    if not locked == Account.objects.filter(mailbox_locked=True).count() == accounts:
        raise RuntimeError(f"Locked are {locked}.")


def _lock_and_open(client: StalwartClient, number: int) -> int:
    """Do what a lock takes with nothing around it, and the same to open again: read, write, read back."""
    door = frozenset({Denial.SIGN_IN})
    mailboxes = islice(client.walk(), number)
    while some := list(islice(mailboxes, _BATCH)):
        known = {mailbox.address: mailbox.id for mailbox in some}
        for changed in (Update(address="", deny=door), Update(address="", allow=door)):
            client.mailboxes_at(known)
            client.apply([replace(changed, address=address, id=hint) for address, hint in known.items()])
            client.mailboxes_at(known)
    return 2 * number


def _told(name: str, work: Callable[[], int]) -> float:
    """Print what a work took, and return how many mailboxes it got through in a second."""
    with panel.timed() as took:
        count = work()
        wall, busy = took()
    say(f"  {name:<22}{wall:7.1f} s, {busy:5.1f} s of a processor, {count / wall:6,.0f} mailboxes a second")
    return count / wall


def _clock() -> datetime:
    return datetime.now(UTC) + _LATER


if __name__ == "__main__":
    main()
