"""What recurs runs at its time, once, and waits for a server that is away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from accounts.models import Account, Drift, MailDomain, Pulse
from accounts.outbox import compare, listing
from accounts.services.ticks import JOBS, TICK, tick
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db
ALL = [job.name for job in JOBS]


def test_everything_runs_at_the_first_tick(server: Simulator, clock: Clock) -> None:
    assert tick(clock) == ALL


def test_a_second_beat_does_nothing_twice(server: Simulator, clock: Clock) -> None:
    tick(clock)

    assert tick(clock) == []


def test_each_job_comes_at_its_own_pace(server: Simulator, clock: Clock) -> None:
    tick(clock)
    seen: dict[str, int] = dict.fromkeys(ALL, 0)
    for _ in range(timedelta(hours=1) // TICK):
        clock.pass_(seconds=TICK.total_seconds())
        for name in tick(clock):
            seen[name] += 1

    assert seen == {job.name: timedelta(hours=1) // job.every for job in JOBS}


def test_ends_come_on_time_while_the_server_is_away(
    server: Simulator, domain: MailDomain, clock: Clock, run: Callable[[], int]
) -> None:
    account = make_account(now=clock())
    run()
    server.go_down()
    clock.pass_(days=30)

    tick(clock)

    assert Account.objects.get(pk=account.pk).state == "ended"
    assert Pulse.objects.get(name="locks").failing_since == clock()
    assert Pulse.objects.get(name="server").error_code == "unreachable"


def test_a_server_that_is_back_is_noted(server: Simulator, clock: Clock) -> None:
    server.go_down()
    tick(clock)
    server.come_up()
    clock.pass_(seconds=900)

    tick(clock)

    assert Pulse.objects.get(name="locks").is_well
    facts = Pulse.objects.get(name="server").facts
    assert (facts["generation"], facts["missing"]) == (server.generation, [])


def test_the_servers_domains_are_taken_over(client_of_server: StalwartClient, server: Simulator, clock: Clock) -> None:
    client_of_server.create_domain("shop.metrosure.app", description="Shoppers")
    MailDomain.objects.create(name="gone.metrosure.app", created_at=clock(), seen_at=clock())

    tick(clock)

    assert {domain.name: domain.is_on_server for domain in MailDomain.objects.all()} == {
        "shop.metrosure.app": True,
        "gone.metrosure.app": False,
    }


def test_an_end_that_comes_while_everything_is_compared_does_not_wait_for_it(
    client_of_server: StalwartClient,
    domain: MailDomain,
    clock: Clock,
    run: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ana", "ben", "cas"):
        make_account(f"{name}@metrosure.app", now=clock())
    run()
    clock.pass_(seconds=900)
    locked_at_page: list[bool] = []
    kept = compare.keep_what_was_read

    def keep(page: compare.Page, started: datetime) -> None:
        locked_at_page.append(client_of_server.mailbox("ana@metrosure.app").locked)
        if len(locked_at_page) == 1:
            clock.pass_(days=30)
        kept(page, started)

    monkeypatch.setattr(listing, "_PAGE", 1)
    monkeypatch.setattr(compare, "keep_what_was_read", keep)

    tick(clock)

    assert locked_at_page == [False, True, True]
    assert not Drift.objects.exists()
