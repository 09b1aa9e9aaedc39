"""The worker: take what is due, carry it out, write down how it went."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from accounts import mailserver
from accounts.domain.requests import on_request
from accounts.mailserver import presence
from accounts.models import KeyRotation, Kind, Operation
from accounts.outbox import domains, lease, mailboxes, notices, rotations, server, wishes
from accounts.outbox.notices import NotSent
from accounts.outbox.settle import finish, settle
from stalwart_client import StalwartError

BATCH = 100

OWN = (Kind.NOTICE,)
"""What needs no mail server of ours that answers."""

Clock = Callable[[], datetime]
Run = Callable[[list[Operation], Clock], None]

log = logging.getLogger(__name__)

_FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What our own code raises where it met something that nobody thought of."""


class OwnFault(StalwartError):
    """The panel stumbled; tried again a few times, as what it stumbled over may pass."""

    code = "own_fault"
    advice = "The panel's log says where it stumbled. Report that, then try again with the version that mends it."


def work(clock: Clock, *, limit: int = BATCH) -> int:
    """Carry out up to `limit` operations that are due; return how many were taken."""
    now = clock()
    server.welcome_back(now)
    due = Operation.objects.claimable(now)
    if presence.is_barred(now):
        due = due.filter(kind__in=OWN)
    taken = lease.claim(due, limit=limit, now=now)
    _carry_out(taken, clock)
    return len(taken)


def execute(operation_id: UUID, clock: Clock) -> bool:
    """Carry out one operation now; False when another worker got there first, or it is not due."""
    taken = lease.claim(Operation.objects.filter(pk=operation_id), limit=1, now=clock())
    _carry_out(taken, clock)
    return bool(taken)


def _carry_out(taken: list[Operation], clock: Clock) -> None:
    for kind, run in HANDLERS.items():
        if of_kind := [operation for operation in taken if operation.kind == kind]:
            with on_request(_common_request(of_kind)):
                _carry_out_apart(run, of_kind, clock)


def _carry_out_apart(run: Run, operations: list[Operation], clock: Clock) -> None:
    """Carry out operations together; where we stumble over one of them, each alone: it holds no lock of others back."""
    try:
        run(operations, clock)
    except _FAULTS as fault:
        frames = "".join(traceback.format_tb(fault.__traceback__))
        log.error("%s\n%s", type(fault).__name__, frames)  # noqa: TRY400 - its message may quote a secret value
        if len(operations) == 1:
            finish(operations[0], OwnFault(f"The panel stumbled: {type(fault).__name__}."), clock())
            return
        for operation in lease.renew(operations, clock()):
            _carry_out_apart(run, [operation], clock)


def _common_request(operations: list[Operation]) -> str:
    """Return the request that all of these follow from; what is carried out together for several is no one's."""
    found = {operation.request_id for operation in operations}
    return found.pop() if len(found) == 1 else ""


def _run_mailboxes(operations: list[Operation], clock: Clock) -> None:
    client, jobs = mailserver.client(), mailboxes.jobs_for(operations)
    try:
        mailboxes.plan(client, mailserver.capabilities(), jobs)
        jobs = _still_ours(jobs, clock)
        mailboxes.ask(jobs, clock())
        mailboxes.carry_out(client, jobs)
        jobs = _still_ours(jobs, clock)
        mailboxes.read_back(client, jobs)
        mailboxes.tell_lost_secrets(jobs)
    except StalwartError as error:
        _fail_all(jobs, error)
    mailboxes.forget_mark(jobs)
    server.tell_pulse([job.error for job in jobs], clock())
    settle(jobs, clock())


def _still_ours(jobs: list[mailboxes.Job], clock: Clock) -> list[mailboxes.Job]:
    held = {operation.pk for operation in lease.renew([job.operation for job in jobs], clock())}
    return [job for job in jobs if job.operation.pk in held]


def _fail_all(jobs: list[mailboxes.Job], error: StalwartError) -> None:
    """A whole call failed: so did every job that had not failed by itself."""
    for job in jobs:
        job.error = job.error or error


def _run_domain(operation: Operation, clock: Clock) -> None:
    domains.ensure(mailserver.client(), operation.domain, clock())


def _run_wish(operation: Operation, _: Clock) -> None:
    wishes.ensure(mailserver.client(), operation.wish)


def _run_rotations(operations: list[Operation], clock: Clock) -> None:
    """Move new signing keys on; the name servers are asked before, and tell nothing about the mail server."""
    wanted = KeyRotation.objects.select_related("domain").in_bulk([each.rotation_id for each in operations])
    found = rotations.look_up(wanted.values())
    for operation in lease.renew(operations, clock()):
        error: StalwartError | None = None
        asked = True
        try:
            rotation = wanted[operation.rotation_id]
            asked = rotations.carry_on(mailserver.client(), rotation, found.get(rotation.pk), clock)
        except StalwartError as exc:
            error = exc
        if asked:
            server.tell_pulse([error], clock())
        finish(operation, error, clock())


def _run_notices(operations: list[Operation], clock: Clock) -> None:
    for operation in operations:
        error: NotSent | None = None
        try:
            notices.send(operation.notice, clock())
        except NotSent as exc:
            error = exc
        finish(operation, error, clock())


def _each(run: Callable[[Operation, Clock], None]) -> Run:
    """Carry out operations that concern one thing of the server each, one after the other."""

    def run_all(operations: list[Operation], clock: Clock) -> None:
        for operation in operations:
            error: StalwartError | None = None
            try:
                with on_request(operation.request_id):
                    run(operation, clock)
            except StalwartError as exc:
                error = exc
            server.tell_pulse([error], clock())
            finish(operation, error, clock())

    return run_all


HANDLERS: dict[Kind, Run] = {
    Kind.DOMAIN: _each(_run_domain),
    Kind.MAILBOX: _run_mailboxes,
    Kind.WISH: _each(_run_wish),
    Kind.ROTATION: _run_rotations,
    Kind.NOTICE: _run_notices,
}
