"""A list of 50,000 rows looked at, and one of 5,000 from the upload until every mailbox is live."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable
from datetime import timedelta

from bench.measure import (
    BENCH,
    CREATIONS,
    DOMAIN,
    HASHES,
    clock,
    create_by_client,
    hash_passwords,
    look_at,
    per_second,
    say,
)  # fmt: skip

from django.core.management import call_command  # isort: skip - `measure` has set Django up

from accounts import outbox
from accounts.domain import passwords
from accounts.models import Account, ImportFile, PendingSecret
from accounts.services import accounts, batch_work, domains, imports

LOOKED_AT = 50_000
SHORT = 100
PAGE = 50
ROWS = 5_000


def main() -> None:
    call_command("migrate", verbosity=0)
    domains.create_domain(DOMAIN, by=BENCH, now=clock(), clock=clock)
    before = peak_memory()
    looking = seconds(lambda: bring("look", LOOKED_AT))
    growth = f"{peak_memory() - before:.0f} MiB more at the peak, {peak_memory():.0f} MiB in all"
    say(f"check {LOOKED_AT:,}", f"{looking:8.1f} s from the upload to the page, {growth}")
    look_at_pages()
    ImportFile.objects.all().delete()
    hashing = per_second(HASHES, hash_passwords)
    client = per_second(CREATIONS, create_by_client)
    with_passwords = seconds(lambda: import_all("made", make_passwords))
    hashed_before = seconds(lambda: import_all("ready", take_one_hash))
    say(f"import {ROWS:,}", f"{with_passwords:8.1f} s until all are live, a new password for each")
    say("", f"{ROWS / hashing / with_passwords:8.2f} of that is what hashing alone takes")
    say("", f"{hashed_before:8.1f} s with secrets hashed beforehand: {ROWS / hashed_before:.0f} rows a second")
    say("", f"{ROWS / hashed_before / client:8.2f} of the client alone")


def bring(tag: str, count: int) -> ImportFile:
    """Upload a sheet of good rows."""
    end = (clock() + timedelta(days=60)).date()
    lines = (f"Ana {tag}{number},{tag}-{number},{end},Bench {tag},lead@example.org" for number in range(count))
    data = "\n".join(["Name,Employee no,Last day,Campaign,Owner", *lines]).encode()
    file = imports.upload(name=f"{tag}.csv", data=data, by=BENCH, now=clock())
    assert file.counts == {"create": count}  # noqa: S101 - a figure of problems is none
    return file


def look_at_pages() -> None:
    """Turn to the first page and the last of the long list, and to a page of a short one."""
    long, short = ImportFile.objects.get(), bring("short", SHORT)
    first, _ = look_at(f"/imports/{long.pk}/")
    last, queries = look_at(f"/imports/{long.pk}/?page={LOOKED_AT // PAGE}")
    of_short, _ = look_at(f"/imports/{short.pk}/")
    say("", f"{first:8.0f} ms its first page, {last:.0f} ms its last, {queries} queries")
    say("", f"{last / of_short:8.2f} of a page of a list of {SHORT}")
    mending = seconds(lambda: imports.mend_row(long.pk, 1, cells={}, now=clock()))
    say("", f"{mending:8.1f} s to judge all of it again after a mending")


def import_all(tag: str, give_secrets: Callable[[Iterable[Account]], None]) -> None:
    """Bring a sheet, carry it out, and go on until the mail server has every mailbox open."""
    imports.start_import(bring(tag, ROWS).pk, by=BENCH, now=clock())
    while batch_work.work(clock):
        pass
    there = Account.objects.filter(employee_number__startswith=f"{tag}-")
    give_secrets(there.iterator(chunk_size=1000))
    while outbox.work(clock):
        pass
    assert there.filter(mailbox_locked=False).count() == ROWS  # noqa: S101


def make_passwords(there: Iterable[Account]) -> None:
    for account in there:
        accounts.set_password(account.pk, by=BENCH, now=clock())


def take_one_hash(there: Iterable[Account]) -> None:
    secret, now = passwords.hashed("one for all"), clock()
    PendingSecret.objects.bulk_create(
        (PendingSecret(account=account, hash=secret, made_at=now) for account in list(there)), batch_size=500
    )


def peak_memory() -> float:
    """Return the most that this process ever held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
