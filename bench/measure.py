"""The figures of one panel beside one mail server; a process of its own, so that nothing is warm."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "metrosure_admin.settings")
django.setup()

from django.core.management import call_command  # noqa: E402 - Django must be set up first

from accounts import mailserver, outbox  # noqa: E402
from accounts.domain import passwords  # noqa: E402
from accounts.domain.people import Actor  # noqa: E402
from accounts.models import Account, MailDomain, Profile  # noqa: E402
from accounts.services import accounts, domains  # noqa: E402
from stalwart_client import Create, Wanted  # noqa: E402

BENCH = Actor(name="bench")
DOMAIN = "bench.example.org"
CREATIONS = 500
HASHES = 50
BATCH = 100


def main() -> None:
    prepare()
    hashing = per_second(HASHES, hash_passwords)
    client = per_second(CREATIONS, create_by_client)
    line = per_second(CREATIONS, create_by_panel)
    say("hashing alone", f"{hashing:8.0f} passwords a second")
    say("client alone", f"{client:8.0f} mailboxes a second")
    say("the whole line", f"{line:8.0f} accounts a second: service, password, outbox, read back")
    say("", f"{line / client:8.2f} of the client alone, {line / hashing:.2f} of hashing alone")


def prepare() -> None:
    """Make the tables, the files that pages refer to, and a mail domain."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    domains.create_domain(DOMAIN, by=BENCH, now=clock(), clock=clock)


def hash_passwords() -> None:
    for number in range(HASHES):
        passwords.hashed(f"password-{number}")


def create_by_client() -> None:
    """Make mailboxes with nothing around: the speed that the line is compared with."""
    secret = passwords.hashed("one for all")
    wanted = [Wanted(address=f"client{number}@{DOMAIN}", name=f"Client {number}") for number in range(CREATIONS)]
    for start in range(0, CREATIONS, BATCH):
        changes = [Create(wanted=mailbox, secret=secret) for mailbox in wanted[start : start + BATCH]]
        outcomes = mailserver.client().apply(changes)
        assert not any(outcome.error for outcome in outcomes)  # noqa: S101 - a figure of failures is none


def create_by_panel() -> None:
    """Open accounts as HR does, with a password each, until the mail server has them all."""
    for number in range(CREATIONS):
        now = clock()
        account = accounts.create_account(
            address=f"panel{number}@{DOMAIN}",
            name=f"Panel {number}",
            owner="hr@example.org",
            ends_at=now + timedelta(days=30),
            by=BENCH,
            now=now,
        )
        accounts.set_password(account.pk, by=BENCH, now=clock())
    while outbox.work(clock):
        pass
    assert Account.objects.filter(mailbox_locked=False).count() == CREATIONS  # noqa: S101


def fill_up_to(size: int) -> None:
    """Add records alone: the list does not ask the mail server."""
    domain, profile, now = MailDomain.objects.get(), Profile.objects.standard(), clock()
    missing = []
    for number in range(Account.objects.count(), size):
        account = Account(
            address=f"record{number}@{DOMAIN}",
            domain=domain,
            profile=profile,
            name=f"Record {number}",
            owner="hr@example.org",
            starts_at=now - timedelta(days=number % 90),
            ends_at=now + timedelta(days=number % 200 - 60, seconds=number),
            grace_days=profile.grace_days,
            retention_days=profile.retention_days,
            created_at=now,
        )
        account.live(account.life, now)
        missing.append(account)
    Account.objects.bulk_create(missing, batch_size=500)


def per_second(count: int, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def clock() -> datetime:
    return datetime.now(UTC)


def say(what: str, figure: str) -> None:
    sys.stdout.write(f"  {what:<16}{figure}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
