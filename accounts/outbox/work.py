"""The worker: take what is due, carry it out, write down how it went."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from accounts import mailserver
from accounts.models import Kind, MailDomain, Operation
from accounts.outbox import lease, mailboxes, server
from accounts.outbox.settle import finish, settle
from stalwart_client import AlreadyExists, StalwartClient, StalwartError

BATCH = 100

Clock = Callable[[], datetime]


def work(clock: Clock, *, limit: int = BATCH) -> int:
    """Carry out up to `limit` operations that are due; return how many were taken."""
    now = clock()
    server.welcome_back(now)
    if server.is_barred(now):
        return 0
    taken = lease.claim(Operation.objects.claimable(now), limit=limit, now=now)
    _carry_out(taken, clock)
    return len(taken)


def execute(operation_id: UUID, clock: Clock) -> bool:
    """Carry out one operation now; False when another worker got there first, or it is not due."""
    taken = lease.claim(Operation.objects.filter(pk=operation_id), limit=1, now=clock())
    _carry_out(taken, clock)
    return bool(taken)


def _carry_out(taken: list[Operation], clock: Clock) -> None:
    if not taken:
        return
    client = mailserver.client()
    for operation in taken:
        if operation.kind == Kind.DOMAIN:
            _run_domain(client, operation, clock)
    if of_mailboxes := [operation for operation in taken if operation.kind == Kind.MAILBOX]:
        _run_mailboxes(client, of_mailboxes, clock)


def _run_mailboxes(client: StalwartClient, operations: list[Operation], clock: Clock) -> None:
    jobs = mailboxes.jobs_for(operations)
    try:
        mailboxes.plan(client, mailserver.capabilities(), jobs)
        jobs = _still_ours(jobs, clock)
        mailboxes.ask(jobs, clock())
        mailboxes.carry_out(client, jobs)
        jobs = _still_ours(jobs, clock)
        mailboxes.read_back(client, jobs)
    except StalwartError as error:
        _fail_all(jobs, error)
    mailboxes.forget_mark(jobs)
    _tell_pulse([job.error for job in jobs], clock())
    settle(jobs, clock())


def _still_ours(jobs: list[mailboxes.Job], clock: Clock) -> list[mailboxes.Job]:
    held = {operation.pk for operation in lease.renew([job.operation for job in jobs], clock())}
    return [job for job in jobs if job.operation.pk in held]


def _fail_all(jobs: list[mailboxes.Job], error: StalwartError) -> None:
    """A whole call failed: so did every job that had not failed by itself."""
    for job in jobs:
        job.error = job.error or error


def _tell_pulse(errors: list[StalwartError | None], now: datetime) -> None:
    """One good answer shows that the server is there; only when all failed alike is it away."""
    away = [error for error in errors if error and error.code in {"unreachable", "wrong_credentials", "unexpected"}]
    if away and len(away) == len(errors):
        server.not_heard(away[0], now)
    elif errors:
        server.heard(now)


def _run_domain(client: StalwartClient, operation: Operation, clock: Clock) -> None:
    error: StalwartError | None = None
    domain = MailDomain.objects.get(operations=operation)
    try:
        client.create_domain(domain.name, description=domain.description)
    except AlreadyExists:
        pass  # an earlier try, or somebody else: it is there
    except StalwartError as exc:
        error = exc
    if error is None:
        MailDomain.objects.filter(pk=domain.pk).update(seen_at=clock())
    _tell_pulse([error], clock())
    finish(operation, error, clock())
