"""`/health/detailed` and `/metrics`: who may ask, what is red, and that nobody far away is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django.fixtures import Settings

from accounts import outbox
from accounts.domain.people import Actor, Role
from accounts.models import Account, Drift, Notice, Operation, Pulse, QueueSample, Staff
from accounts.services import lifecycle, tokens
from stalwart_client import Unreachable
from stalwart_client.simulator import Simulator
from tests import servers
from tests.conftest import Clock

pytestmark = pytest.mark.django_db
TOKEN = "a-token-for-the-monitoring"


@pytest.fixture
def monitor(settings: Settings) -> Client:
    """A caller that has the token."""
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def parts(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/health/detailed")
    content: dict[str, Any] = answer.json()
    assert set(content) == {"status", "components"}
    return answer.status_code, content["components"] | {"status": content["status"]}


def numbers(client: Client) -> dict[str, float]:
    answer = client.get("/metrics")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")
    lines = [line.rpartition(" ") for line in answer.content.decode().splitlines() if not line.startswith("#")]
    return {name.removeprefix("metrosure_"): float(value) for name, _, value in lines}


def all_is_well(now: datetime) -> None:
    lifecycle.sweep(now=now)
    outbox.look_at_server(now)
    Pulse.objects.create(name="runner", at=now)
    Pulse.objects.create(name="sync", at=now)


@contextmanager
def no_database() -> Iterator[None]:
    def away(*_: object) -> None:
        raise OperationalError

    with connection.execute_wrapper(away):
        yield


def test_staff_are_told_without_a_token(auditor: Client, now: datetime) -> None:
    all_is_well(now)

    code, found = parts(auditor)

    assert (code, found["status"]) == (200, "ok")
    names = {"database", "migrations", "workers", "oldest_operation", "sweep", "sync", "server"}
    assert {name: found[name]["status"] for name in names} == dict.fromkeys(names, "ok")
    assert set(found) == {*names, "status"}


@pytest.mark.parametrize("path", ["/health/detailed", "/metrics"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
def test_strangers_learn_nothing(path: str, headers: dict[str, str], monitor: Client) -> None:
    answer = Client().get(path, headers=headers)

    assert (answer.status_code, answer.content) == (401, b"")
    assert monitor.get(path).status_code == 200


def test_an_empty_token_opens_nothing(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    nobody = Client(headers={"Authorization": "Bearer "})

    assert nobody.get("/health/detailed").status_code == 401
    assert nobody.get("/metrics").status_code == 404


@pytest.fixture
def token(staff: Callable[[Role], Staff], hr: Actor, now: datetime) -> str:
    """What a program of an auditor shows."""
    owner, scopes = staff(Role.AUDITOR).username, ["audit:read"]
    return tokens.create_token(owner, label="Monitoring", scopes=scopes, days=90, by=hr, now=now)[1]


def test_any_api_token_opens_the_health_and_none_the_numbers(token: str, settings: Settings, now: datetime) -> None:
    settings.METRICS_TOKEN = TOKEN
    program = Client(headers={"Authorization": f"bearer  {token}"})
    all_is_well(now)

    assert parts(program)[0] == 200
    assert program.get("/metrics").status_code == 401


def test_a_dead_api_token_learns_nothing(token: str) -> None:
    program = Client(headers={"Authorization": f"Bearer {token}"})
    Staff.objects.update(is_active=False)

    answer = program.get("/health/detailed")

    assert (answer.status_code, answer.content) == (401, b"")


def test_without_a_database_nobody_knows_whose_api_token_it_is(token: str) -> None:
    program = Client(headers={"Authorization": f"Bearer {token}"})
    with no_database():
        answer = program.get("/health/detailed")

    assert (answer.status_code, answer.content) == (503, b"")


def test_a_late_sweep_is_red_and_told(monitor: Client, clock: Clock) -> None:
    all_is_well(clock())
    clock.pass_(seconds=15 * 60 + 1)

    code, found = parts(monitor)

    assert (code, found["status"], found["sweep"]["status"]) == (503, "fail", "fail")
    assert Notice.objects.get().kind == "sweep_late"
    assert numbers(monitor)["sweep_lag_seconds"] == 15 * 60 + 1
    assert Notice.objects.count() == 1


def test_a_silent_runner_is_a_warning_first(monitor: Client, clock: Clock) -> None:
    all_is_well(clock())
    clock.pass_(seconds=4 * 60)

    code, found = parts(monitor)

    assert (code, found["status"], found["workers"]["status"]) == (200, "warn", "warn")


def test_a_first_day_is_no_failure(monitor: Client) -> None:
    code, found = parts(monitor)

    assert (code, found["sweep"]["status"], found["sync"]["status"]) == (200, "warn", "unknown")


def test_a_server_that_is_away_is_red_but_not_asked(monitor: Client, quiet_server: Simulator, now: datetime) -> None:
    all_is_well(now)
    assert numbers(monitor)["server_up"] == 1
    quiet_server.faults.go_down()
    with pytest.raises(Unreachable):
        outbox.look_at_server(now)
    quiet_server.faults.come_up()

    code, found = parts(monitor)
    said = numbers(monitor)

    assert (code, found["server"]["status"]) == (503, "fail")
    assert (said["server_up"], said["server_errors_total"]) == (0, 1)
    outbox.look_at_server(now)
    again = numbers(monitor)
    assert (again["server_up"], again["server_errors_total"]) == (1, 1)
    assert 0 <= again["server_latency_seconds"] < 60


def test_a_change_that_waits_is_told_with_its_age(monitor: Client, account: Account, clock: Clock) -> None:
    all_is_well(clock())
    clock.pass_(seconds=16 * 60)
    all_but_the_change = clock()
    lifecycle.sweep(now=all_but_the_change)
    outbox.look_at_server(all_but_the_change)
    Pulse.objects.filter(name="runner").update(at=all_but_the_change)

    code, found = parts(monitor)

    assert (code, found["oldest_operation"]["status"]) == (200, "warn")
    assert datetime.fromisoformat(found["oldest_operation"]["at"]) == Operation.objects.get().created_at
    said = numbers(monitor)
    assert (said['operations{status="pending"}'], said["operation_oldest_seconds"]) == (1, 16 * 60)
    assert said['operation_age_seconds{status="pending"}'] == 16 * 60
    assert said['operation_age_seconds{status="failed"}'] == 0
    assert (said['accounts{state="active"}'], said['accounts{state="ended"}']) == (1, 0)


def test_a_database_that_is_away_is_told_to_who_has_the_token(monitor: Client) -> None:
    with no_database():
        code, found = parts(monitor)

    assert (code, found["database"]["status"]) == (503, "fail")


def test_tables_of_another_version_are_red(monitor: Client) -> None:
    newest = MigrationRecorder(connection).migration_qs.filter(app="accounts").order_by("name").last()
    assert newest
    newest.delete()

    assert parts(monitor)[1]["migrations"]["found"] == "1 is not applied."


def test_redis_is_asked_where_it_is_used(monitor: Client, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"

    code, found = parts(monitor)

    assert (code, found["redis"]["status"]) == (503, "fail")


@pytest.mark.redis
def test_redis_that_answers_is_well(monitor: Client, settings: Settings) -> None:
    with servers.redis() as settings.REDIS_URL:
        assert parts(monitor)[1]["redis"]["status"] == "ok"


def test_waiting_mail_and_sign_ins_are_counted(
    monitor: Client, signed_in: Callable[..., Client], now: datetime
) -> None:
    QueueSample.objects.create(at=now, total=7, oldest_at=now - timedelta(minutes=10))

    said = numbers(monitor)

    assert (said["queue_messages"], said["queue_oldest_seconds"], said["staff_sessions"]) == (7, 600, 0)


def test_differences_that_wait_are_counted_by_kind(monitor: Client, now: datetime) -> None:
    for address, state in (("a@metrosure.app", "open"), ("b@metrosure.app", "open"), ("c@metrosure.app", "ignored")):
        Drift.objects.create(kind="only_there", address=address, state=state, first_seen_at=now, seen_at=now)

    text = monitor.get("/metrics").content.decode()

    assert 'metrosure_drift{kind="only_there"} 2.0' in text
    assert 'metrosure_drift{kind="different"} 0.0' in text


def test_every_number_has_a_help_line(monitor: Client) -> None:
    text = monitor.get("/metrics").content.decode()
    named = {re.split(r"[{ ]", line)[0] for line in text.splitlines() if not line.startswith("#")}

    assert named
    assert named <= set(re.findall(r"# HELP (\S+) \S", text)) | {
        f"{name}_total" for name in re.findall(r"# HELP (\S+) ", text)
    }
