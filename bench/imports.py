"""A list of 50,000 rows looked at, and one of 5,000 from the upload until every mailbox is live."""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from bench.measure import (
    BENCH,
    CREATIONS,
    HASHES,
    clock,
    create_by_client,
    hash_passwords,
    prepare,
    say,
)

from django.db import connection  # isort: skip - `measure` has set Django up
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import outbox
from accounts.domain import passwords
from accounts.domain.people import Role
from accounts.models import Account, Batch, ImportFile, PendingSecret, Staff
from accounts.services import accounts, batch_starts, batch_work, imports

SHORT = 100
PAGE = 50
LOOKS = 5


@dataclass(frozen=True, slots=True)
class Took:
    """How long a work took, and how much of that this process kept a processor busy: others use the machine too."""

    seconds: float
    busy: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("--looked-at", type=int, default=50_000, metavar="ROWS")
    parser.add_argument("--carried-out", type=int, default=5_000, metavar="ROWS")
    options = parser.parse_args(arguments)
    prepare()
    look(options.looked_at)
    carry_out(options.carried_out)


def look(rows: int) -> None:
    """Upload a long list, turn to its pages, mend it, and start it, as far as before its first row is carried out."""
    before = peak_memory()
    took = took_by(lambda: bring("look", rows))
    long, growth = ImportFile.objects.get(), f"{peak_memory() - before:.0f} MiB more, {peak_memory():.0f} in all"
    say(f"check {rows:,}", f"{took.seconds:8.1f} s from the upload to the page, {took.busy:.1f} busy; {growth}")
    short = bring("short", SHORT)
    first, _ = look_at(f"/imports/{long.pk}/")
    last, queries = look_at(f"/imports/{long.pk}/?page={rows // PAGE}")
    of_short, _ = look_at(f"/imports/{short.pk}/")
    say("", f"{first:8.0f} ms its first page, {last:.0f} ms its last, {queries} queries")
    say("", f"{last / of_short:8.2f} of a page of a list of {SHORT}")
    mended = took_by(lambda: imports.mend_row(long.pk, 1, by=BENCH, cells={}, now=clock()))
    say("", f"{mended.seconds:8.1f} s to judge all of it again after a mending, {mended.busy:.1f} busy")
    asked = took_by(lambda: imports.start_import(long.pk, by=BENCH, now=clock()))
    ready = took_by(lambda: batch_starts.start_next(clock))
    say("", f"{asked.seconds * 1000:8.0f} ms to start it")
    say("", f"{ready.seconds:8.1f} s later its rows are ready to be carried out, {ready.busy:.1f} busy")
    ImportFile.objects.all().delete()
    Batch.objects.all().delete()


def look_at(path: str) -> tuple[float, int]:
    """Return the median time of a page in milliseconds, and its queries."""
    client = Client(headers={"host": "localhost"})
    person, _ = Staff.objects.get_or_create(username="bench", defaults={"role": Role.ADMIN, "created_at": clock()})
    client.force_login(person)
    times = []
    for _look in range(LOOKS):
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            answer = client.get(path)
            times.append(time.perf_counter() - started)
        assert answer.status_code == 200  # noqa: S101 - a figure of a refusal is none
    return median(times) * 1000, len(queries)


def carry_out(rows: int) -> None:
    """Bring a list until every mailbox is live, with a password for each, and with all secrets hashed before."""
    hashing = took_by(hash_passwords)
    client = CREATIONS / took_by(create_by_client).seconds
    made = took_by(lambda: import_all("made", rows, make_passwords))
    ready = took_by(lambda: import_all("ready", rows, take_one_hash))
    say(f"import {rows:,}", f"{made.seconds:8.1f} s until all are live, a new password for each, {made.busy:.1f} busy")
    share, busy_share = made.seconds / hashing.seconds, made.busy / hashing.busy
    say("", f"{share * HASHES / rows:8.2f} of the time that hashing alone takes, {busy_share * HASHES / rows:.2f} busy")
    say("", f"{ready.seconds:8.1f} s with secrets hashed beforehand, {ready.busy:.1f} busy")
    say("", f"{rows / ready.seconds:8.0f} rows a second, {rows / ready.seconds / client:.2f} of the client alone")


def bring(tag: str, count: int) -> ImportFile:
    """Upload a sheet of good rows."""
    end = (clock() + timedelta(days=60)).date()
    lines = (f"Ana {tag}{number},{tag}-{number},{end},Bench {tag},lead@example.org" for number in range(count))
    data = "\n".join(["Name,Employee no,Last day,Campaign,Owner", *lines]).encode()
    file = imports.upload(name=f"{tag}.csv", data=data, by=BENCH, now=clock())
    assert file.counts == {"create": count}  # noqa: S101 - a figure of problems is none
    return file


def import_all(tag: str, rows: int, give_secrets: Callable[[Iterable[Account]], None]) -> None:
    """Bring a sheet, carry it out, and go on until the mail server has every mailbox open."""
    imports.start_import(bring(tag, rows).pk, by=BENCH, now=clock())
    while batch_work.work(clock):
        pass
    there = Account.objects.filter(employee_number__startswith=f"{tag}-")
    give_secrets(there.iterator(chunk_size=1000))
    while outbox.work(clock):
        pass
    assert there.filter(mailbox_locked=False).count() == rows  # noqa: S101


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


def took_by(work: Callable[[], object]) -> Took:
    started, busy = time.perf_counter(), time.process_time()
    work()
    return Took(time.perf_counter() - started, time.process_time() - busy)


if __name__ == "__main__":
    main()
