"""The clock of the panel: what recurs, how often, and one function that does what is due.

Celery beat, the runner and a person's command all call the same thing; a `Pulse` row decides by a conditional
UPDATE who runs a job, so two beats do nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from accounts import outbox
from accounts.mailserver import StalwartError
from accounts.models import Pulse
from accounts.models.pulse import SERVER_TICK, SYNC_TICK
from accounts.services import (
    batches,
    dns,
    imports,
    lifecycle,
    mail_hosts,
    queue_watch,
    rotations,
    server_memory,
    sessions,
    sweep_watch,
)

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

TICK = timedelta(seconds=30)
SYNC_EVERY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    run: Callable[..., object]
    gives_way: bool = False
    """It can take long, and lets what is urgent go on between its steps."""


SWEEP = Job("tick.sweep", TICK, lambda now: lifecycle.sweep(now=now))
JOBS = (
    SWEEP,
    Job(SERVER_TICK, timedelta(minutes=1), outbox.look_at_server),
    Job("tick.memory", timedelta(minutes=1), server_memory.note),
    Job("tick.domains", timedelta(minutes=15), outbox.refresh_domains),
    Job("tick.plans", timedelta(hours=1), batches.forget_old_plans),
    Job("tick.rotations", TICK, rotations.move_on),
    Job("tick.keys", timedelta(minutes=10), outbox.refresh_keys),
    Job("tick.queue", queue_watch.EVERY, queue_watch.sample),
    Job("tick.sessions", timedelta(hours=1), sessions.forget_expired),
    Job("tick.sheets", timedelta(hours=1), imports.forget_old_sheets),
    Job("locks", timedelta(minutes=15), outbox.check_locks),
    Job("tick.dns", timedelta(minutes=1), dns.check_due),
    Job("tick.hosts", timedelta(minutes=1), mail_hosts.check_due),
    Job(SYNC_TICK, SYNC_EVERY, outbox.sync, gives_way=True),
)


def tick(clock: Clock) -> list[str]:
    """Run every recurring job whose time has come, and return their names."""
    try:
        return [job.name for job in JOBS if _claim(job, clock()) and _run(job, clock)]
    finally:
        # Also when a job broke: it may have been the sweep.
        sweep_watch.look(clock())


def asked(clock: Clock) -> int:
    """Do what people wait for on a page, whatever the schedule says; returns how much there was."""
    return dns.check_asked(clock())


def _claim(job: Job, now: datetime) -> bool:
    """Take this round of a job; the slack of a tick keeps 30 seconds from becoming 60."""
    due = now - job.every + timedelta(seconds=1)
    if Pulse.objects.filter(name=job.name, at__lte=due).update(at=now):
        return True
    return Pulse.objects.get_or_create(name=job.name, defaults={"at": now})[1]


def _go_on(clock: Clock) -> None:
    """Shut what is to be shut and carry out what waits, though a long job is not done: no lock waits for it."""
    if _claim(SWEEP, clock()):
        _run(SWEEP, clock)
    outbox.work(clock)


def _run(job: Job, clock: Clock) -> bool:
    """Run one job. A server that is away is a normal state: the next round asks again."""
    try:
        job.run(clock(), **({"between": partial(_go_on, clock)} if job.gives_way else {}))
    except StalwartError as error:
        log.info("%s waits for the mail server: %s", job.name, error)
        since = Pulse.objects.filter(name=job.name, failing_since=None)
        since.update(failing_since=clock(), error_code=error.code, error=str(error))
    else:
        Pulse.objects.filter(name=job.name).update(failing_since=None, error_code="", error="")
    return True
