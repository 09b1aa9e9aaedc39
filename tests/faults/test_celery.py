"""Workers, beats and the broker may die or double: the database is the queue, so nothing is lost and nothing doubled.

The run prints what each test tried and what was lost of it; `make faults` does it at more moments.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from redis import Redis

from stalwart_client.simulator.serve import Server
from tests import servers
from tests.faults.conftest import ROOT, ROUNDS, Panel, Tell, in_production, new_database, wait_for
from tests.faults.test_kill_nine import children, mailboxes

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(300)]

PEOPLE = 40
LEASE = 5
ADDRESSES = sorted(f"shopper{number}@metrosure.app" for number in range(PEOPLE))
WORKER = ("-m", "celery", "-A", "metrosure_admin", "worker", "--concurrency", "1", "--loglevel", "WARNING")
_PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("domain", "create", "metrosure.app", "--json")
"""
_OPEN_THEM = """
from datetime import UTC, datetime, timedelta
from accounts.domain.people import Actor
from accounts.services.accounts import create_account
from django.conf import settings
from redis import Redis
now = datetime.now(UTC)
for number in range({people}):
    create_account(address=f"shopper{{number}}@metrosure.app", name="Shopper", owner="hr@metrosure.app",
        ends_at=now + timedelta(days=30), by=Actor(name="test"), now=now)
    if number in {flush_after}:
        Redis.from_url(settings.REDIS_URL).flushall()
"""
# Beat as it is, but ten times as fast: nobody waits half a minute for a test.
_FAST_BEAT = """
from metrosure_admin.celery import app
app.conf.beat_schedule["tick"]["schedule"] = 3.0
app.conf.beat_schedule["tick"]["options"]["expires"] = 3
app.start(["beat", "--schedule", {path!r}, "--loglevel", "WARNING"])
"""


class Production:
    """A panel with PostgreSQL and Redis, and as many workers and beats as a test wants."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self._beats = 0

    def workers(self, number: int) -> list[subprocess.Popen[bytes]]:
        return [self.panel.start(*WORKER, "--hostname", f"worker{each}@here") for each in range(number)]

    def beats(self, number: int) -> None:
        for _ in range(number):
            self._beats += 1
            path = str(self.panel.folder.with_name(f"beat{self._beats}"))
            self.panel.start("-c", _FAST_BEAT.format(path=path))

    def open_accounts(self, people: int, *, flush_after: Collection[int] = ()) -> None:
        """Open accounts in one process, which also empties Redis behind some of them."""
        self.run(_OPEN_THEM.format(people=people, flush_after=tuple(flush_after)))

    def run(self, code: str) -> None:
        command = (sys.executable, "manage.py", "shell", "-v0", "-c", code)
        subprocess.run(command, cwd=ROOT, env=self.panel.environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours

    def rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.panel.environment["DATABASE_URL"]) as database:
            return database.execute(query).fetchall()

    def until_all_is_settled(self) -> None:
        wait_for(lambda: self.rows("SELECT 1 FROM accounts_operation WHERE status <> 'done'") == [])


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with servers.redis() as url:
        yield url


@pytest.fixture
def production(
    socket_server: Server, make_panel: Callable[[str], Panel], database_url: str, redis_url: str
) -> Production:
    panel = make_panel(socket_server.url)
    panel.environment |= in_production(new_database(database_url), redis_url)
    with Redis.from_url(redis_url) as broker:
        broker.flushall()
    made = Production(panel)
    made.run(_PREPARE)
    return made


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_two_beats_and_three_workers_double_nothing(
    production: Production, socket_server: Server, tell: Tell, _round: int
) -> None:
    production.workers(3)
    production.beats(2)
    production.open_accounts(PEOPLE)

    production.until_all_is_settled()

    doubled = production.rows("SELECT id, attempts FROM accounts_operation WHERE attempts <> 1")
    made = mailboxes(socket_server)
    tell(f"{PEOPLE} accounts by 3 workers and 2 beats", f"{PEOPLE - len(made)}, doubled: {len(doubled)}")
    assert made == ADDRESSES
    assert doubled == []
    assert production.panel.manage("audit", "verify")["unbroken"]


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_redis_that_is_flushed_in_the_middle_loses_nothing(
    production: Production, socket_server: Server, tell: Tell, _round: int
) -> None:
    production.workers(2)
    production.beats(1)
    production.open_accounts(PEOPLE, flush_after=(0, 10, 25, PEOPLE - 1))

    production.until_all_is_settled()

    made = mailboxes(socket_server)
    tell(f"{PEOPLE} accounts, Redis flushed 4 times meanwhile", PEOPLE - len(made))
    assert made == ADDRESSES
    assert production.panel.manage("audit", "verify")["unbroken"]


@pytest.mark.parametrize("killed", ["the whole worker", "its child"] * ROUNDS)
def test_what_a_killed_worker_held_is_taken_up_after_its_lease(
    production: Production, socket_server: Server, tell: Tell, killed: str
) -> None:
    production.panel.environment["OUTBOX_LEASE"] = str(LEASE)
    [worker] = production.workers(1)
    production.beats(1)
    socket_server.simulator.latency(1.0)
    production.open_accounts(1)

    wait_for(lambda: production.rows("SELECT 1 FROM accounts_operation WHERE status = 'running'"))
    family = children(worker)
    for process in family:
        process.kill()
    if killed == "the whole worker":
        worker.kill()
        worker.wait()
    [[held_until]] = production.rows("SELECT leased_until FROM accounts_operation WHERE status = 'running'")
    socket_server.simulator.latency(0)
    if killed == "the whole worker":
        production.workers(1)
    production.until_all_is_settled()

    [[attempts, settled_at]] = production.rows(
        "SELECT attempts, settled_at FROM accounts_operation WHERE kind = 'mailbox'"
    )
    made = mailboxes(socket_server)
    tell(f"{killed} killed (SIGKILL) in the middle of an operation", 1 - len(made))
    assert (made, attempts) == (ADDRESSES[:1], 2)
    assert settled_at > held_until
    assert production.panel.manage("audit", "verify")["unbroken"]
