"""The job runner: what it carries out, when it ends, and that one bad round does not end it."""

from __future__ import annotations

import logging
from datetime import datetime

import pytest

from accounts import outbox
from accounts.management.running import Runner
from accounts.models import MailDomain, Pulse
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account


def test_it_runs_until_nothing_is_due(domain: MailDomain, call: Call, now: datetime, clock: Clock) -> None:
    make_account(now=now)
    make_account("ben@metrosure.app", now=now)

    first = call("runner", "--until-idle", "--json").json
    clock.pass_(seconds=1)
    second = call("runner", "--until-idle", "--json").json

    assert first == {"done": 2, "failed": 0, "waiting": 0}
    assert second == {"done": 0, "failed": 0, "waiting": 0}


def test_a_try_that_is_due_later_counts_as_idle(
    domain: MailDomain, call: Call, server: Simulator, now: datetime
) -> None:
    make_account(now=now)
    server.faults.go_down()

    assert call("runner", "--until-idle", "--json").json == {"done": 0, "failed": 0, "waiting": 1}


def test_until_idle_is_not_the_schedule(domain: MailDomain, call: Call, now: datetime, clock: Clock) -> None:
    account = make_account(now=now)
    clock.pass_(days=31)

    call("runner", "--until-idle")

    account.refresh_from_db()
    assert account.state == "active"


def test_a_round_does_the_schedule_and_leaves_a_sign_of_life(domain: MailDomain, clock: Clock, now: datetime) -> None:
    account = make_account(now=now)
    clock.pass_(days=31)

    Runner(clock).round()

    account.refresh_from_db()
    assert (account.state, account.mailbox_locked) == ("ended", True)
    assert Pulse.objects.get(name="runner").at == clock()


@pytest.mark.django_db
def test_a_round_that_fails_is_logged_and_the_next_one_comes(
    server: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    runner = Runner(clock, pause=0)
    rounds: list[int] = []

    def work(_clock: Clock) -> int:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise ZeroDivisionError
        runner.stop()
        return 0

    monkeypatch.setattr(outbox, "work", work)
    monkeypatch.setattr("accounts.management.running.close_old_connections", lambda: None)
    with caplog.at_level(logging.ERROR):
        runner.run()

    assert len(rounds) == 2
    assert "A round of the runner failed" in caplog.text
