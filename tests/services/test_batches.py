"""Batches: planned, started, carried out row by row, stopped, tried again. Nothing is doubled or lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, OperationalError

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Batch, BatchRow, BatchState, MailDomain, RowStatus, Status
from accounts.queries import batches as queries
from accounts.services import batch_work, batches
from accounts.services.batches import Outcome, PlannedRow
from accounts.services.lifecycle import extend_account_by
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db


class Handler:
    """Extends by a week, and does to single rows what a test tells it to."""

    def __init__(self) -> None:
        self.at: dict[str, Callable[[BatchRow], object]] = {}
        self.seen: list[str] = []

    def __call__(self, row: BatchRow, by: Actor, now: datetime) -> Outcome:
        self.seen.append(row.subject)
        if row.account_id:
            extend_account_by(row.account_id, days=7, by=by, now=now)
        outcome = self.at[row.subject](row) if row.subject in self.at else None
        return outcome if isinstance(outcome, Outcome) else Outcome()


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    handler = Handler()
    monkeypatch.setitem(batch_work.HANDLERS, "test", handler)
    return handler


def raising(error: Exception) -> Callable[[BatchRow], object]:
    def fail(_row: BatchRow) -> object:
        raise error

    return fail


def planned(*subjects: str, hr: Actor, now: datetime, kind: str = "test") -> Batch:
    known = dict(Account.objects.values_list("address", "pk"))
    rows = [PlannedRow(subject=subject, account_id=known.get(subject)) for subject in subjects]
    return batches.plan_batch(kind, rows, title="A test", by=hr, now=now)


def started(*subjects: str, hr: Actor, now: datetime) -> Batch:
    return batches.start(planned(*subjects, hr=hr, now=now).pk, by=hr, now=now)


def work(clock: Clock) -> None:
    while batch_work.work(clock, limit=2):
        pass


def statuses(batch: Batch) -> list[str]:
    return list(batch.rows.order_by("position").values_list("status", flat=True))


def test_nothing_happens_before_it_is_started(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = planned("one", "two", hr=hr, now=clock())

    work(clock)

    assert statuses(batch) == ["waiting", "waiting"]
    assert handler.seen == []


def test_rows_are_carried_out_in_their_order_and_the_batch_ends(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started("one", "two", "three", hr=hr, now=clock())
    clock.pass_(seconds=5)

    work(clock)

    batch.refresh_from_db()
    assert handler.seen == ["one", "two", "three"]
    assert statuses(batch) == ["done"] * 3
    assert (batch.state, batch.finished_at) == (BatchState.DONE, clock())


def test_a_change_is_recorded_under_the_person_who_started_it(handler: Handler, hr: Actor, clock: Clock) -> None:
    account = make_account(now=clock())
    batch = planned(account.address, hr=Actor(name="somebody else"), now=clock())
    batches.start(batch.pk, by=hr, now=clock())

    work(clock)

    event = AuditEvent.objects.get(action="term_changed")
    assert (event.detail.actor, event.detail.client, event.request_id) == ("lerato", "10.20.4.18", "req-1")
    assert account.operations.filter(status=Status.PENDING, cause="term_changed").exists()


@pytest.mark.parametrize(
    ("error", "field", "said"),
    [
        pytest.param(RuleBroken("required", field="name"), "name", "Fill this in.", id="a rule"),
        pytest.param(
            SeveralRulesBroken([RuleBroken("required", field="owner"), RuleBroken("reason_required")]),
            "owner",
            "owner: Fill this in. Say why: the log keeps it.",
            id="several rules",
        ),
        pytest.param(ZeroDivisionError(), "", "The panel stumbled over this row", id="a mistake of ours"),
    ],
)
def test_a_row_that_fails_takes_nobody_with_it(
    handler: Handler, hr: Actor, clock: Clock, error: Exception, field: str, said: str
) -> None:
    accounts = [make_account(f"{name}@metrosure.app", now=clock()) for name in ("ana", "ben", "cleo")]
    handler.at["ben@metrosure.app"] = raising(error)
    batch = started(*[account.address for account in accounts], hr=hr, now=clock())

    work(clock)

    row = batch.rows.get(subject="ben@metrosure.app")
    assert statuses(batch) == ["done", "failed", "done"]
    assert (row.error_field, row.error.startswith(said)) == (field, True)
    moved = [account.address for account in Account.objects.filter(ends_at__gt=clock() + timedelta(days=31))]
    assert sorted(moved) == ["ana@metrosure.app", "cleo@metrosure.app"]


def test_what_a_handler_made_or_had_no_need_to_do_stands_on_the_row(handler: Handler, hr: Actor, clock: Clock) -> None:
    account = make_account(now=clock())
    handler.at |= {"new": lambda _row: Outcome(account), "same": lambda _row: Outcome(skipped="It is so already.")}
    batch = started("new", "same", hr=hr, now=clock())

    work(clock)

    assert list(batch.rows.order_by("position").values_list("account", "status", "error")) == [
        (account.pk, "done", ""),
        (None, "skipped", "It is so already."),
    ]


def test_rows_skipped_by_the_plan_are_never_carried_out(handler: Handler, hr: Actor, clock: Clock) -> None:
    rows = [PlannedRow(subject="one"), PlannedRow(subject="two", skipped="It has ended.")]
    batch = batches.plan_batch("test", rows, title="A test", by=hr, now=clock())
    batches.start(batch.pk, by=hr, now=clock())

    work(clock)

    assert handler.seen == ["one"]
    assert statuses(batch) == ["done", "skipped"]


def test_an_empty_batch_ends_at_once(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started(hr=hr, now=clock())

    work(clock)

    batch.refresh_from_db()
    assert batch.state == BatchState.DONE


def test_starting_twice_starts_once(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started("one", hr=hr, now=clock())
    work(clock)

    again = batches.start(batch.pk, by=hr, now=clock.pass_(seconds=9))
    work(clock)

    assert again.state == BatchState.DONE
    assert handler.seen == ["one"]


def test_the_brake_wants_its_number_typed(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = planned("one", hr=hr, now=clock())
    Batch.objects.update(number_to_type=12)
    for typed in (None, 11):
        with pytest.raises(RuleBroken, match="type_the_number"):
            batches.start(batch.pk, by=hr, now=clock(), typed=typed)

    assert batches.start(batch.pk, by=hr, now=clock(), typed=12).is_running


def test_the_log_tells_who_started_stopped_and_tried_again(handler: Handler, hr: Actor, clock: Clock) -> None:
    handler.at["two"] = raising(RuleBroken("required"))
    batch = started("one", "two", hr=hr, now=clock())
    batches.stop(batch.pk, by=hr, now=clock())
    batches.start(batch.pk, by=hr, now=clock())
    work(clock)
    batches.retry_failed(batch.pk, by=hr, now=clock())

    told = [(event.action, event.detail.subject, event.detail.after) for event in AuditEvent.objects.order_by("pk")]
    assert told == [
        ("job_started", "A test", {"rows": 2}),
        ("job_stopped", "A test", {}),
        ("job_started", "A test", {"rows": 2}),
        ("job_retried", "A test", {"rows": 1}),
    ]
    assert batch.rows.get(subject="two").retried


def test_a_stopped_batch_rests_and_goes_on(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started("one", "two", "three", hr=hr, now=clock())
    batch_work.work(clock, limit=1)
    batches.stop(batch.pk, by=hr, now=clock())

    work(clock)
    resting = statuses(batch)
    batches.start(batch.pk, by=hr, now=clock())
    work(clock)

    assert resting == ["done", "waiting", "waiting"]
    assert statuses(batch) == ["done"] * 3
    assert handler.seen == ["one", "two", "three"]


def test_only_what_runs_can_be_stopped(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = planned("one", hr=hr, now=clock())

    with pytest.raises(RuleBroken, match="batch_not_running"):
        batches.stop(batch.pk, by=hr, now=clock())


def test_what_failed_is_tried_again_and_nothing_else(handler: Handler, hr: Actor, clock: Clock) -> None:
    handler.at["two"] = raising(RuleBroken("required"))
    batch = started("one", "two", hr=hr, now=clock())
    work(clock)
    del handler.at["two"]

    retried = batches.retry_failed(batch.pk, by=hr, now=clock())
    work(clock)

    assert retried == 1
    assert handler.seen == ["one", "two", "two"]
    assert statuses(batch) == ["done", "done"]
    with pytest.raises(RuleBroken, match="nothing_failed"):
        batches.retry_failed(batch.pk, by=hr, now=clock())


def test_what_the_mail_server_refused_is_tried_again_too(
    handler: Handler, domain: MailDomain, hr: Actor, clock: Clock
) -> None:
    account = make_account(now=clock())
    batch = started(account.address, hr=hr, now=clock())
    work(clock)
    account.operations.filter(status=Status.PENDING).update(status=Status.FAILED, error_code="invalid")
    before = queries.progress(batch, clock())

    retried = batches.retry_failed(batch.pk, by=hr, now=clock())

    assert (before.refused, before.failures, before.arrived, retried) == (1, 1, 0, 1)
    assert account.operations.filter(status=Status.PENDING).count() == 1
    assert queries.progress(batch, clock()).refused == 0


def test_a_plan_cannot_be_tried_again(handler: Handler, hr: Actor, clock: Clock) -> None:
    with pytest.raises(RuleBroken, match="batch_not_running"):
        batches.retry_failed(planned("one", hr=hr, now=clock()).pk, by=hr, now=clock())


def test_what_one_worker_holds_no_other_takes(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started("one", "two", hr=hr, now=clock())

    first, second = (batch_work._claim(batch, 10, clock()) for _worker in range(2))

    assert ([row.subject for row in first], second) == (["one", "two"], [])


def test_a_dead_workers_row_is_taken_up_after_its_lease(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started("one", hr=hr, now=clock())
    batch_work._claim(batch, 10, clock())
    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds() - 1)
    work(clock)
    before = statuses(batch)

    clock.pass_(seconds=1)
    work(clock)

    assert (before, statuses(batch)) == (["running"], ["done"])
    assert batch.rows.get().attempts == 2


def test_a_worker_that_lost_its_lease_changes_nothing(handler: Handler, hr: Actor, clock: Clock) -> None:
    account = make_account(now=clock())
    batch = started(account.address, hr=hr, now=clock())
    (slow,) = batch_work._claim(batch, 10, clock())
    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds())
    work(clock)
    account.refresh_from_db()
    ends_at = account.ends_at

    batch_work._carry_out(batch, slow, clock)

    account.refresh_from_db()
    assert account.ends_at == ends_at
    assert statuses(batch) == ["done"]


def test_a_killed_runners_rows_are_free_at_once(handler: Handler, hr: Actor, clock: Clock) -> None:
    batch = started("one", hr=hr, now=clock())
    batch_work._claim(batch, 10, clock())
    assert not batch_work.is_idle()

    batch_work.free_leases(clock())
    work(clock)

    assert statuses(batch) == ["done"]
    assert batch_work.is_idle()


def test_two_who_write_the_same_at_once_look_again(handler: Handler, hr: Actor, clock: Clock) -> None:
    handler.at["one"] = raising(IntegrityError())
    batch = started("one", hr=hr, now=clock())

    work(clock)

    row = batch.rows.get()
    assert (row.status, row.attempts) == (RowStatus.FAILED, 3)
    assert row.error == "Somebody changes the same at this moment. Try it again."


def test_a_database_that_is_away_fails_no_row(handler: Handler, hr: Actor, clock: Clock) -> None:
    handler.at["one"] = raising(OperationalError())
    batch = started("one", hr=hr, now=clock())

    with pytest.raises(OperationalError):
        work(clock)

    assert statuses(batch) == ["running"]


def test_a_small_batch_does_not_wait_for_a_large_one(handler: Handler, hr: Actor, clock: Clock) -> None:
    started(*[f"large {number}" for number in range(9)], hr=hr, now=clock())
    small = started("small", hr=hr, now=clock())

    batch_work.work(clock, limit=2)

    assert statuses(small) == ["done"]
    assert handler.seen == ["large 0", "large 1", "small"]


def test_progress_counts_what_the_mail_server_has_followed(
    handler: Handler, domain: MailDomain, hr: Actor, clock: Clock, run: Callable[[], int]
) -> None:
    accounts = [make_account(f"{name}@metrosure.app", now=clock()) for name in ("ana", "ben", "cleo", "dan")]
    run()
    batch = started(*[account.address for account in accounts], hr=hr, now=clock())
    fresh = queries.progress(batch, clock())
    clock.pass_(seconds=10)
    batch_work.work(clock, limit=2)
    here = queries.progress(batch, clock())
    run()
    there = queries.progress(batch, clock())
    work(clock)
    run()
    batch.refresh_from_db()
    over = queries.progress(batch, clock())

    assert (fresh.waiting, fresh.percent, fresh.left) == (4, 0, None)
    assert (here.waiting, here.done, here.following, here.arrived, here.percent, here.left) == (2, 2, 2, 0, 25, None)
    assert (there.arrived, there.percent, there.left) == (2, 50, timedelta(seconds=10))
    assert (over.arrived, over.percent, over.is_over, over.left_words) == (4, 100, True, "")


def test_nobody_guesses_while_the_mail_server_is_away(
    handler: Handler, domain: MailDomain, server: Simulator, hr: Actor, clock: Clock, run: Callable[[], int]
) -> None:
    account = make_account(now=clock())
    run()
    batch = started(account.address, hr=hr, now=clock())
    server.faults.go_down()
    work(clock)
    run()
    clock.pass_(seconds=60)
    batch.refresh_from_db()

    progress = queries.progress(batch, clock())

    assert (batch.state, progress.following, progress.is_over, progress.left_words) == (BatchState.DONE, 1, False, "")


@pytest.mark.parametrize(
    ("left", "words"),
    [
        pytest.param(timedelta(seconds=20), "less than a minute left", id="soon"),
        pytest.param(timedelta(seconds=50), "about 1 minute left", id="a minute"),
        pytest.param(timedelta(minutes=12), "about 12 minutes left", id="minutes"),
        pytest.param(timedelta(minutes=150), "about 2 hours left", id="hours"),
    ],
)
def test_the_estimate_is_said_in_round_words(left: timedelta, words: str) -> None:
    progress = queries.Progress(total=9, waiting=5, done=4, failed=0, skipped=0, following=0, refused=0, left=left)

    assert progress.left_words == words


def test_a_plan_that_nobody_started_is_forgotten_after_a_week(handler: Handler, hr: Actor, clock: Clock) -> None:
    planned("one", hr=hr, now=clock())
    kept = started("two", hr=hr, now=clock())
    batches.forget_old_plans(clock.pass_(days=6))
    before = Batch.objects.count()

    batches.forget_old_plans(clock.pass_(days=1))

    assert before == 2
    assert list(Batch.objects.all()) == [kept]


def test_a_plan_holds_thousands_of_rows(handler: Handler, hr: Actor, now: datetime) -> None:
    rows = (PlannedRow(subject=str(number)) for number in range(2500))

    batch = batches.plan_batch("test", rows, title="A test", by=hr, now=now)

    assert list(batch.rows.order_by("-position").values_list("position", "subject")[:1]) == [(2500, "2499")]
    assert batch.rows.count() == 2500
