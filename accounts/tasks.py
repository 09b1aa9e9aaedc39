"""Celery's door: each task calls one thing. Arguments hold ids and plain values, never a secret."""

from __future__ import annotations

from datetime import UTC, datetime

from celery import shared_task

from accounts import outbox
from accounts.services import ticks


def _clock() -> datetime:
    return datetime.now(UTC)


@shared_task(name="accounts.tick", ignore_result=True)
def tick(**later: object) -> None:  # noqa: ARG001 - a newer sender may say more
    """Run what recurs and is due, then whatever waits in the outbox."""
    ticks.tick(_clock)
    run_operations()


@shared_task(name=outbox.RUN_OPERATIONS, ignore_result=True)
def run_operations(**later: object) -> None:  # noqa: ARG001 - a newer sender may say more
    """Carry out what is due and what somebody waits for until nothing is; other workers take other rows."""
    while outbox.work(_clock) or ticks.asked(_clock):
        pass
