"""A job that is killed, and one whose mail server is away, doubles nothing and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from stalwart_client.simulator.serve import Server
from tests.faults.conftest import ROOT, ROUNDS, Panel, Tell, wait_for
from tests.servers import free_port

PEOPLE = 120
EXTEND = ("manage.py", "account", "extend", "--filter", "state=all", "--days", "7")
ROWS = "SELECT count(*) FROM accounts_batchrow WHERE status = '{}'"
ENDS = "SELECT DISTINCT ends_at FROM accounts_account"
EVENTS = (
    "SELECT account_id, count(*) FROM accounts_auditevent WHERE action = 'term_changed' GROUP BY 1 HAVING count(*) > 1"
)
DONE = "SELECT count(*) FROM accounts_account WHERE mailbox_locked = 0 AND mailbox_exists = 1"
_OPEN_THEM = """
from datetime import datetime, timedelta
from accounts.domain.people import Actor
from accounts.management import database
from accounts.models import MailDomain
from accounts.services.accounts import create_account
database.make_ready()
now = datetime.fromisoformat("{now}")
MailDomain.objects.get_or_create(name="metrosure.app", defaults={{"created_at": now}})
for number in range({people}):
    create_account(address=f"shopper{{number}}@metrosure.app", name="Shopper", owner="hr@metrosure.app",
        ends_at=now + timedelta(days=30), by=Actor(name="test"), now=now)
"""


@pytest.fixture
def opened_at() -> datetime:
    return datetime.now(UTC)


def _open(panel: Panel, people: int, now: datetime) -> None:
    code = _OPEN_THEM.format(people=people, now=now.isoformat())
    subprocess.run((sys.executable, "manage.py", "shell", "-c", code), cwd=ROOT, env=panel.environment, check=True)  # noqa: S603 - our own program


def _ends(panel: Panel) -> set[datetime]:
    return {datetime.fromisoformat(ends_at).replace(tzinfo=UTC) for (ends_at,) in panel.rows(ENDS)}


@pytest.mark.parametrize("after", [n * 10 % 100 for n in range(ROUNDS)])
def test_a_killed_worker_leaves_each_row_as_it_was_or_done(
    make_panel: Callable[[str], Panel], opened_at: datetime, tell: Tell, after: int
) -> None:
    panel = make_panel(f"http://127.0.0.1:{free_port()}")
    _open(panel, PEOPLE, opened_at)
    worker = panel.start(*EXTEND)

    wait_for(lambda: panel.rows(ROWS.format("done"))[0][0] > after)
    worker.kill()
    worker.wait()
    done, ends = panel.rows(ROWS.format("done"))[0][0], _ends(panel)
    panel.manage("runner", "--until-idle")

    tell(
        f"the worker of a job of {PEOPLE} killed (SIGKILL) after {done} rows",
        PEOPLE - panel.rows(ROWS.format("done"))[0][0],
    )
    assert after < done < PEOPLE
    assert ends == {opened_at + timedelta(days=30), opened_at + timedelta(days=37)}
    assert panel.rows(ROWS.format("done")) == [(PEOPLE,)]
    assert _ends(panel) == {opened_at + timedelta(days=37)}
    assert panel.rows(EVENTS) == []
    assert panel.rows("SELECT state FROM accounts_batch") == [("done",)]
    assert panel.manage("audit", "verify")["unbroken"]


def test_a_mail_server_that_is_away_holds_nothing_up_and_follows_later(
    socket_server: Server, make_panel: Callable[[str], Panel], opened_at: datetime, tell: Tell
) -> None:
    panel = make_panel(socket_server.url)
    panel.manage("domain", "create", "metrosure.app")
    _open(panel, 20, opened_at)
    panel.manage("runner", "--until-idle")
    socket_server.simulator.faults.go_down()
    line = ("account", "suspend", "--filter", "state=all", "--reason", "The shop has closed")
    said = panel.manage(*line, "--yes", "20")
    panel.manage("runner", "--until-idle")
    open_while_away = panel.rows(DONE)

    socket_server.simulator.faults.come_up()
    panel.start("manage.py", "runner")
    wait_for(lambda: panel.rows("SELECT count(*) FROM accounts_account WHERE mailbox_locked = 1") == [(20,)])

    tell("20 locks while the mail server is away", 0)
    assert (said["done"], said["failed"]) == (20, [])
    assert open_while_away == [(20,)]
