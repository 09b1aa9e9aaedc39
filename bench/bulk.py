"""Extending 10,000 accounts at once: the plan, the job, and until the mail server has followed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from bench.measure import BENCH, clock, fill_up_to, prepare, say

from accounts import outbox  # isort: skip - `measure` has set Django up
from accounts.domain.bulk import Change, Intent
from accounts.models import Account, Operation, Status
from accounts.services import batch_work, batches, lifecycle
from accounts.services.bulk import plan_bulk

ALONE = 500


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bulk", description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    number = parser.parse_args(arguments).accounts
    prepare()
    fill_up_to(number)
    one_by_one = ALONE / seconds(extend_one_by_one)
    planning = seconds(plan)
    working = seconds(work)
    following = seconds(follow)
    job = number / working
    say(f"extend {number:,}", f"{planning:8.1f} s to foresee all of them")
    say("", f"{job:8.0f} accounts a second by the job, {job / one_by_one:.2f} of one by one without a job")
    say("", f"{number / following:8.0f} mailboxes a second made on the mail server with the new last day")


def extend_one_by_one() -> None:
    """Extend as the page of one account does: the speed that the job is compared with."""
    for pk in Account.objects.order_by("pk").values_list("pk", flat=True)[:ALONE]:
        lifecycle.extend_account_by(pk, days=400, by=BENCH, now=clock())


def plan() -> None:
    ids = list(Account.objects.order_by("ends_at", "pk").values_list("pk", flat=True))
    intent = Intent(change=Change.EXTEND, ends_at=clock() + timedelta(days=300))
    batch = plan_bulk(ids, intent, by=BENCH, now=clock(), scope=len(ids))
    assert batch.params["changes"] == len(ids)  # noqa: S101 - a figure of nothing is none
    batches.start(batch.pk, by=BENCH, now=clock())


def work() -> None:
    while batch_work.work(clock):
        pass
    assert not Account.objects.filter(ends_at__lt=clock() + timedelta(days=299)).exists()  # noqa: S101


def follow() -> None:
    while outbox.work(clock):
        pass
    assert not Operation.objects.open().exists()  # noqa: S101
    assert not Operation.objects.filter(status=Status.FAILED).exists()  # noqa: S101


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
