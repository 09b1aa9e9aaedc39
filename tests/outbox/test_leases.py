"""Two workers never do one thing twice, and a dead one loses what it held."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.db import IntegrityError

from accounts import outbox
from accounts.models import MailDomain, Operation, Status
from accounts.outbox import lease
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

Run = Callable[[], int]


def _claim(clock: Clock) -> list[Operation]:
    return lease.claim(Operation.objects.claimable(clock()), limit=10, now=clock())


def test_what_one_worker_holds_no_other_takes(domain: MailDomain, clock: Clock) -> None:
    make_account(now=clock())

    assert len(_claim(clock)) == 1
    assert _claim(clock) == []


def test_two_workers_that_saw_the_same_row_share_it_by_one_update(domain: MailDomain, clock: Clock) -> None:
    make_account(now=clock())
    seen_by_both = list(Operation.objects.all())

    won = [len(lease._take([operation], clock())) for operation in [*seen_by_both, *Operation.objects.all()]]

    assert won == [1, 0]


def test_a_dead_workers_operation_is_taken_up_after_its_lease(domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    _claim(clock)
    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds() - 1)
    assert run() == 0

    clock.pass_(seconds=1)

    assert run() == 1
    operation = account.operations.get()
    assert (operation.status, operation.attempts) == (Status.DONE, 2)


def test_a_newer_wish_waits_for_the_worker_that_runs_the_older(domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    (held,) = _claim(clock)
    outbox.record(cause="account_edited", now=clock(), subject=account)
    assert run() == 0

    lease.release(held, status=Status.DONE, settled_at=clock())

    assert run() == 1


def test_a_newer_wish_follows_what_a_dead_worker_held(domain: MailDomain, clock: Clock, run: Run) -> None:
    account = make_account(now=clock())
    _claim(clock)
    outbox.record(cause="account_edited", now=clock(), subject=account)

    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds())
    run()

    assert set(account.operations.values_list("status", flat=True)) == {Status.DONE}


def test_a_worker_that_lost_its_lease_writes_nothing(domain: MailDomain, clock: Clock) -> None:
    make_account(now=clock())
    (slow,) = _claim(clock)
    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds())
    (quick,) = _claim(clock)

    assert not lease.release(slow, status=Status.FAILED)
    assert lease.renew([slow], clock()) == []
    assert lease.release(quick, status=Status.DONE)


@pytest.mark.django_db
def test_the_database_itself_refuses_two_runs_of_one_subject(server: Simulator, clock: Clock) -> None:
    account = make_account(now=clock())
    _claim(clock)
    second = outbox.record(cause="account_edited", now=clock(), subject=account)

    with pytest.raises(IntegrityError):
        Operation.objects.filter(pk=second.pk).update(status=Status.RUNNING)


def test_open_changes_are_found_by_their_index(db: None, clock: Clock) -> None:
    """SQLite takes an index of some rows only for a query in the same form; else each look reads every change."""
    assert "operation_due" in Operation.objects.open().order_by("due_at", "created_at").explain()
    assert "operation_due" in Operation.objects.claimable(clock()).explain()
