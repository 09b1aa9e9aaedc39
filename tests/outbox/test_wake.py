"""A worker is woken after the commit; losing the broker loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from celery import Celery
from pytest_django.fixtures import Settings

from accounts import tasks
from accounts.domain.people import Actor
from accounts.models import MailDomain, Operation, Pulse, Status
from accounts.outbox import RUN_OPERATIONS
from accounts.services import batch_work, batches
from metrosure_admin.celery import app
from stalwart_client.simulator import Simulator
from tests.factories import make_account

Capture = Callable[..., AbstractContextManager[list[Callable[[], object]]]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def celery_at(settings: Settings) -> Iterator[Callable[[str], Celery]]:
    """Production's way of waking, with the broker at another address."""
    settings.EMBEDDED = False

    def at(url: str) -> Celery:
        other = Celery("test", broker=url)
        other.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        other.set_current()
        return other

    yield at
    app.set_current()


def test_a_worker_is_woken_on_commit(
    celery_at: Callable[[str], Celery], django_capture_on_commit_callbacks: Capture, now: datetime
) -> None:
    celery = celery_at("memory://")

    with django_capture_on_commit_callbacks(execute=True):
        make_account(now=now)

    with celery.connection_for_read() as connection:
        assert connection.SimpleQueue("celery").qsize() == 1


def test_a_broker_that_is_away_loses_nothing(
    celery_at: Callable[[str], Celery], django_capture_on_commit_callbacks: Capture, now: datetime
) -> None:
    celery_at("redis://127.0.0.1:1/0")

    with django_capture_on_commit_callbacks(execute=True):
        make_account(now=now)

    assert Operation.objects.get().status == Status.PENDING


def test_a_batch_goes_on_in_a_task_of_its_own(
    celery_at: Callable[[str], Celery],
    django_capture_on_commit_callbacks: Capture,
    monkeypatch: pytest.MonkeyPatch,
    hr: Actor,
    now: datetime,
) -> None:
    celery = celery_at("memory://")
    pages = iter(range(20))
    monkeypatch.setattr(batch_work, "work", lambda _clock: 50 if next(pages) >= 0 else 0)
    with celery.connection_for_read() as connection:
        connection.SimpleQueue("celery").clear()
    with django_capture_on_commit_callbacks(execute=True):
        batch = batches.plan_batch("test", [batches.PlannedRow(subject="one")], title="A test", by=hr, now=now)
        batches.start(batch.pk, by=hr, now=now)

    tasks.run_batches()

    with celery.connection_for_read() as connection:
        assert connection.SimpleQueue("celery").qsize() == 2
    assert list(pages) == []


def test_the_tasks_do_what_the_runner_does(server: Simulator, domain: MailDomain) -> None:
    account = make_account(now=datetime.now(UTC))

    tasks.tick()

    account.refresh_from_db()
    assert account.mailbox_exists
    assert Pulse.objects.filter(name="sweep").exists()
    assert {RUN_OPERATIONS, batches.RUN_BATCHES} <= set(app.tasks)
