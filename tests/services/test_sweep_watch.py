"""A sweep that stays away is told once, also when it is the sweep that broke, and is settled when it runs again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from accounts.models import Notice, Pulse
from accounts.services import lifecycle, sweep_watch
from accounts.services.ticks import tick
from stalwart_client.simulator import Simulator
from tests.conftest import Clock

pytestmark = pytest.mark.django_db


def test_one_that_is_on_time_is_no_news(clock: Clock) -> None:
    lifecycle.sweep(now=clock())
    clock.pass_(seconds=15 * 60)

    assert sweep_watch.look(clock()) is False
    assert not Notice.objects.exists()


def test_one_that_never_ran_is_no_news_on_the_first_day(clock: Clock) -> None:
    assert sweep_watch.look(clock()) is False


def test_one_that_is_late_is_told_once_and_settled(clock: Clock) -> None:
    lifecycle.sweep(now=clock())
    clock.pass_(seconds=15 * 60 + 1)

    assert [sweep_watch.look(clock()), sweep_watch.look(clock())] == [True, True]
    notice = Notice.objects.get()
    assert "It last ran at" in notice.text
    lifecycle.sweep(now=clock())
    assert sweep_watch.look(clock()) is False

    notice.refresh_from_db()
    assert notice.settled_at == clock()


def test_the_tick_tells_of_a_sweep_that_breaks(
    server: Simulator, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick(clock)

    def broken(*, now: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(lifecycle, "sweep", broken)
    clock.pass_(seconds=16 * 60)
    with pytest.raises(ArithmeticError):
        tick(clock)

    assert Notice.objects.get(settled_at=None).kind == "sweep_late"


def test_the_first_tick_after_a_pause_sweeps_before_it_complains(server: Simulator, clock: Clock) -> None:
    tick(clock)
    clock.pass_(days=3)
    tick(clock)

    assert Pulse.objects.get(name="sweep").at == clock()
    assert not Notice.objects.filter(kind="sweep_late").exists()
    assert mail.outbox == []
    assert clock() - Pulse.objects.get(name="tick.sweep").at < timedelta(minutes=1)
