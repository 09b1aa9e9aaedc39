"""Starting a long list: the request only asks, a worker judges it again and plans it, in parts and all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection

from accounts import outbox
from accounts.audit import Action
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.reach import Reach
from accounts.domain.sheets.rows import Verdict
from accounts.models import Account, AuditEvent, Batch, BatchRow, BatchState, Campaign, ImportFile, MailDomain
from accounts.queries.sentences import explain
from accounts.services import batch_starts, batch_work, batches, import_start, imports
from tests.conftest import Clock
from tests.factories import make_account
from tests.sheets import sheet_of

pytestmark = pytest.mark.django_db
PEOPLE = ("Ana Meyer", "Ben Botha", "Cleo Dube", "Dan Smit", "Eve Nkosi")


@pytest.fixture(autouse=True)
def long(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Let a list of five rows be a long one, that is planned two rows at a time."""
    MailDomain.objects.create(name="metrosure.app", created_at=clock(), seen_at=clock())
    monkeypatch.setattr(import_start, "AT_ONCE", 2)
    monkeypatch.setattr(import_start, "_PART", 2)


@pytest.fixture
def file(hr: Actor, clock: Clock) -> ImportFile:
    return imports.upload(name="people.csv", data=sheet_of(*PEOPLE), by=hr, now=clock())


def work(clock: Clock) -> None:
    while batch_work.work(clock):
        pass


def test_asking_writes_no_row_and_judges_none(file: ImportFile, hr: Actor, clock: Clock) -> None:
    make_account(
        "else@metrosure.app", now=clock(), name="Ana Meyer", employee_number="MS-1", owner="lead@metrosure.app"
    )

    batch = imports.start_import(file.pk, by=hr, now=clock(), expected=5)

    assert (batch.state, batch.rows.count(), batch.started_at) == (BatchState.STARTING, 0, clock())
    assert file.rows.filter(verdict=Verdict.CREATE).count() == 5
    assert not batch_work.is_idle()


def test_a_worker_plans_it_and_carries_it_out(file: ImportFile, hr: Actor, clock: Clock) -> None:
    batch = imports.start_import(file.pk, by=hr, now=clock(), expected=5)

    work(clock)

    batch.refresh_from_db()
    assert (batch.state, batch_work.is_idle()) == (BatchState.DONE, True)
    assert list(batch.rows.order_by("position").values_list("position", "account__name", "status")) == [
        (number, name, "done") for number, name in enumerate(PEOPLE, start=1)
    ]
    told = AuditEvent.objects.get(action=Action.JOB_STARTED)
    assert (told.detail.actor, told.request_id, told.detail.after) == ("lerato", "req-1", {"rows": 5})


def test_the_second_of_two_presses_starts_nothing_twice(file: ImportFile, hr: Actor, clock: Clock) -> None:
    imports.start_import(file.pk, by=hr, now=clock())

    with pytest.raises(RuleBroken, match="import_started"):
        imports.start_import(file.pk, by=Actor(name="thabo"), now=clock())
    work(clock)

    assert Batch.objects.count() == 1
    assert Account.objects.count() == len(PEOPLE)


def test_what_moved_since_hands_the_list_back_with_the_reason(file: ImportFile, hr: Actor, clock: Clock) -> None:
    other = imports.upload(name="one.csv", data=sheet_of("Ana Meyer"), by=hr, now=clock())
    done = imports.start_import(other.pk, by=hr, now=clock())
    work(clock)
    imports.start_import(file.pk, by=hr, now=clock(), expected=5)

    work(clock)

    file.refresh_from_db()
    assert file.refused_by is not None
    assert explain(file.refused_by).startswith("It is 4 changes by now")
    assert (file.batch, Account.objects.count()) == (None, 1)
    assert list(Batch.objects.all()) == [done]
    assert AuditEvent.objects.filter(action=Action.JOB_STARTED).count() == 1
    imports.start_import(file.pk, by=hr, now=clock(), expected=4)
    work(clock)
    file.refresh_from_db()
    assert (file.refusal, Account.objects.count()) == ({}, 5)


def test_a_stumble_of_ours_hands_the_list_back(
    file: ImportFile, hr: Actor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports.start_import(file.pk, by=hr, now=clock())
    _fail_at(monkeypatch, 2, ZeroDivisionError)

    work(clock)

    file.refresh_from_db()
    assert (file.batch, file.refusal["code"]) == (None, "start_stumbled")
    assert not BatchRow.objects.exists()


def test_a_killed_workers_start_begins_anew(
    file: ImportFile, hr: Actor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = imports.start_import(file.pk, by=hr, now=clock())
    with monkeypatch.context() as killed:
        _fail_at(killed, 2, OperationalError)
        with pytest.raises(OperationalError):
            batch_work.work(clock)
    half = batch.rows.count()
    work(clock)
    resting = (batch.rows.count(), Account.objects.count())

    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds())
    work(clock)

    assert (half, resting) == (2, (2, 0))
    assert list(batch.rows.order_by("position").values_list("subject", flat=True)) == [
        f"{name.lower().replace(' ', '.')}@metrosure.app" for name in PEOPLE
    ]
    assert Account.objects.count() == len(PEOPLE)


def test_a_killed_runners_start_is_free_at_once(file: ImportFile, hr: Actor, clock: Clock) -> None:
    imports.start_import(file.pk, by=hr, now=clock())
    assert batch_starts._take(clock)
    assert batch_starts._take(clock) is None

    batch_work.free_leases(clock())
    work(clock)

    assert Account.objects.count() == len(PEOPLE)


def test_who_lost_the_lease_writes_nothing_more(file: ImportFile, hr: Actor, clock: Clock) -> None:
    batch = imports.start_import(file.pk, by=hr, now=clock())
    slow = batch_starts._take(clock)
    assert slow
    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds())
    assert batch_starts._take(clock)

    with pytest.raises(batch_starts.TakenOver):
        import_start.plan_and_run(slow)

    assert batch.rows.count() == 0
    assert Batch.objects.get().state == BatchState.STARTING


def test_it_is_held_to_what_its_person_reaches_by_now(file: ImportFile, hr: Actor, clock: Clock) -> None:
    elsewhere = Campaign.objects.create(name="Elsewhere", created_at=clock())
    imports.start_import(file.pk, by=hr, now=clock(), expected=5)
    Batch.objects.update(reach=Reach(campaigns=frozenset({elsewhere.pk})).as_plain())

    work(clock)

    file.refresh_from_db()
    assert (file.refusal, Account.objects.count()) == ({"code": "plan_moved", "values": {"number": 0}}, 0)


def test_no_transaction_is_open_while_it_is_judged_and_others_go_on(
    file: ImportFile, hr: Actor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports.start_import(file.pk, by=hr, now=clock())
    depth, seen = len(connection.savepoint_ids), []

    def passing() -> Any:
        return clock.pass_(seconds=2)

    def note(_clock: object) -> int:
        seen.append(len(connection.savepoint_ids) - depth)
        return 0

    monkeypatch.setattr(outbox, "work", note)
    batch_work.work(passing)

    assert len(seen) > 3
    assert set(seen) == {0}


def test_while_it_is_started_it_can_neither_be_stopped_nor_retried(file: ImportFile, hr: Actor, clock: Clock) -> None:
    batch = imports.start_import(file.pk, by=hr, now=clock())

    for act in (batches.stop, batches.retry_failed):
        with pytest.raises(RuleBroken, match="batch_not_running"):
            act(batch.pk, by=hr, now=clock())
    assert batches.start(batch.pk, by=hr, now=clock()).is_starting


def test_its_rows_are_not_forgotten_meanwhile(file: ImportFile, hr: Actor, clock: Clock) -> None:
    clock.pass_(days=7)
    imports.start_import(file.pk, by=hr, now=clock())

    assert imports.forget_old_sheets(clock()) == 0
    work(clock)

    assert Account.objects.count() == len(PEOPLE)


def _fail_at(monkeypatch: pytest.MonkeyPatch, call: int, error: type[Exception]) -> None:
    """Let the writing of planned rows fail at a call."""
    write: Callable[..., None] = batches.add_rows
    calls: Iterator[int] = iter(range(1, 100))

    def failing(*args: Any, **kwargs: Any) -> None:
        if next(calls) == call:
            raise error
        write(*args, **kwargs)

    monkeypatch.setattr(batches, "add_rows", failing)
