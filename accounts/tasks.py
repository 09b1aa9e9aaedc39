"""Celery's door: each task calls one thing. Arguments hold ids and plain values, never a secret."""

from __future__ import annotations

from datetime import UTC, datetime

from celery import shared_task

from accounts import outbox
from accounts.services import batch_work, batches, ticks

_PAGES = 20
"""A long batch lets other tasks in between: it goes on in a task of its own after this many pages."""


def _clock() -> datetime:
    return datetime.now(UTC)


@shared_task(name="accounts.tick", ignore_result=True)
def tick(**later: object) -> None:  # noqa: ARG001 - a newer sender may say more
    """Run what recurs and is due, then whatever waits in the outbox; a batch that nobody works on is taken up."""
    ticks.tick(_clock)
    if not batch_work.is_idle():
        outbox.wake(batches.RUN_BATCHES)
    run_operations()


@shared_task(name=outbox.RUN_OPERATIONS, ignore_result=True)
def run_operations(**later: object) -> None:  # noqa: ARG001 - a newer sender may say more
    """Carry out what is due and what somebody waits for until nothing is; other workers take other rows."""
    while outbox.work(_clock) or ticks.asked(_clock):
        pass


@shared_task(name=batches.RUN_BATCHES, ignore_result=True)
def run_batches(**later: object) -> None:  # noqa: ARG001 - a newer sender may say more
    """Carry out rows of batches until none waits; other workers take other rows."""
    for _page in range(_PAGES):
        if not batch_work.work(_clock):
            return
    outbox.wake(batches.RUN_BATCHES)
