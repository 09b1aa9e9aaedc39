"""What every test may use: one server of each generation, a clock that stands still, and a worker to call."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings

from accounts import lookups, mailserver, outbox
from accounts.domain.people import Actor
from accounts.models import MailDomain
from stalwart_client import StalwartClient
from stalwart_client.simulator import Simulator
from tests.nameserver import Names, serving
from tests.zones import World

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""A Tuesday afternoon in Johannesburg."""


# How long one example takes says nothing on a busy machine.
settings.register_profile("panel", deadline=None)
settings.load_profile("panel")

collect_ignore = [] if os.environ.get("STALWART_TEST_URL") else ["simulator/test_differential.py"]
"""The simulator is compared with a live server, request by request, only where one is named."""


class Clock:
    """Time that passes only when a test says so."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_(self, *, days: float = 0, seconds: float = 0) -> datetime:
        self.at += timedelta(days=days, seconds=seconds)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def now(clock: Clock) -> datetime:
    return clock()


@pytest.fixture
def hr() -> Actor:
    """A member of HR, from a browser."""
    return Actor(name="lerato", address="10.20.4.18", request_id="req-1")


@pytest.fixture(params=["0.15", "0.16"])
def server(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Simulator]:
    """A mail server of each generation behind the panel's door, empty."""
    simulator = Simulator(generation=request.param, clock=clock)
    mailserver.use(simulator)
    yield simulator
    mailserver.forget()


@pytest.fixture
def client_of_server(server: Simulator) -> StalwartClient:
    """The panel's own client, to look at the server with."""
    return mailserver.client()


@pytest.fixture
def domain(server: Simulator, client_of_server: StalwartClient, now: datetime, db: None) -> MailDomain:
    """metrosure.app, which the server has and the panel knows."""
    client_of_server.create_domain("metrosure.app")
    return MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)


@pytest.fixture
def world() -> Iterator[World]:
    """Name servers on loopback behind the panel's door; they know nothing yet."""
    names = Names({})
    with serving(names) as server:
        made = World(names, server)
        made.ask_here()
        yield made
    lookups.use()


@pytest.fixture
def run(clock: Clock) -> Callable[[], int]:
    """Carry out everything in the outbox that is due now; returns how many operations were taken."""

    def until_idle() -> int:
        taken = 0
        while step := outbox.work(clock):
            taken += step
        return taken

    return until_idle


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser's tests come last: Playwright leaves an event loop running in its process, and asyncio allows one."""
    items.sort(key=lambda item: "e2e" in item.path.parts)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the fault tests tried and what was lost of it, whatever they came to."""
    ended = [report for how in ("passed", "failed") for report in terminalreporter.stats.get(how, [])]
    told = sorted({str(value) for report in ended for name, value in report.user_properties if name == "tried"})
    if told:
        terminalreporter.section("what was tried, and what was lost")
    for line in told:
        terminalreporter.write_line(line)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where nothing may be skipped (CI), a skipped test is a failed run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("ALLOW_SKIPS") != "0":
        return
    if (skipped := reporter.stats.get("skipped", [])) and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{len(skipped)} skipped, and ALLOW_SKIPS=0 allows none", red=True)
