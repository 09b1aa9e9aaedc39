"""A list that is carried out while its workers are killed makes every mailbox once, and reports what is so."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stalwart_client.simulator.serve import Server
from tests.faults.conftest import ROOT, ROUNDS, Panel, wait_for
from tests.faults.test_kill_nine import mailboxes

PEOPLE = 240
"""Several pages: the rows of the first make the campaign, those of the others are carried out together."""
MANY = 700
"""More than are started in one transaction."""
PLANNED = "SELECT count(*) FROM accounts_batchrow"
STARTED = "SELECT count(*) FROM accounts_auditevent WHERE action = 'job_started'"
ROWS_DONE = "SELECT count(*) FROM accounts_batchrow WHERE status = 'done'"
ASKED = "SELECT count(*) FROM accounts_account WHERE mailbox_asked_at IS NOT NULL"
OPENED = "SELECT account_id, count(*) FROM accounts_auditevent WHERE action = 'account_created' GROUP BY 1"
_REPORT = """
from datetime import UTC, datetime
from accounts.models import ImportFile
from accounts.queries import imports
for row in imports.not_done(ImportFile.objects.get(), datetime.now(UTC)):
    print(*row, sep="|")
"""


def _sheet(folder: Path, people: int = PEOPLE) -> Path:
    """Write people, and behind them one without a last day and one twice."""
    end = (datetime.now(UTC) + timedelta(days=30)).date()
    lines = [f"Shopper {number},MS-{number},{end},Spring,lead@metrosure.app" for number in range(people)]
    lines += ["Gert Visagie,MS-900,,,lead@metrosure.app", lines[7]]
    file = folder / "people.csv"
    file.write_text("\n".join(["Name,Number,Last day,Campaign,Owner", *lines]))
    return file


def _wrong_lines(file: str) -> list[str]:
    return [line.replace(",", "|") for line in Path(file).read_text().splitlines()[-2:]]


def _report(panel: Panel) -> list[str]:
    done = subprocess.run(  # noqa: S603 - our own program
        (sys.executable, "manage.py", "shell", "-v0", "-c", _REPORT),
        cwd=ROOT, env=panel.environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def _kill_once(process: subprocess.Popen[bytes], is_time: Callable[[], bool]) -> None:
    wait_for(is_time)
    process.kill()
    process.wait()


@pytest.mark.parametrize("moment", range(ROUNDS))
def test_a_list_whose_workers_are_killed_opens_everybody_once(
    socket_server: Server, make_panel: Callable[[str], Panel], tmp_path: Path, moment: int
) -> None:
    chance = random.Random(moment)  # noqa: S311 - the same moments each time
    rows, asked = chance.randrange(PEOPLE // 2), chance.randrange(PEOPLE // 2)
    file, panel = str(_sheet(tmp_path)), make_panel(socket_server.url)
    panel.manage("domain", "create", "metrosure.app")

    _kill_once(panel.start("manage.py", "import", file, "--apply"), lambda: panel.rows(ROWS_DONE)[0][0] > rows)
    done = panel.rows(ROWS_DONE)[0][0]
    socket_server.simulator.latency(0.02)
    _kill_once(panel.start("manage.py", "runner"), lambda: panel.rows(ASKED)[0][0] > asked)
    socket_server.simulator.latency(0)
    panel.manage("runner", "--until-idle")

    assert rows < done < PEOPLE
    assert mailboxes(socket_server) == sorted(f"shopper.{number}@metrosure.app" for number in range(PEOPLE))
    assert [times for _, times in panel.rows(OPENED)] == [1] * PEOPLE
    assert panel.rows("SELECT state FROM accounts_batch") == [("done",)]
    assert panel.rows(ROWS_DONE) == [(PEOPLE,)]
    assert panel.rows("SELECT count(*) FROM accounts_campaign") == [(1,)]
    assert [line.rpartition("|")[0] for line in _report(panel)[1:]] == _wrong_lines(file)
    again = panel.manage("import", file, "--apply")
    assert (again["same"], again["create"], again["problem"], again["job"]) == (PEOPLE, 0, 2, None)
    assert panel.manage("audit", "verify")["unbroken"]


@pytest.mark.parametrize("moment", range(ROUNDS))
def test_a_long_list_whose_start_is_killed_is_started_once(
    socket_server: Server, make_panel: Callable[[str], Panel], tmp_path: Path, moment: int
) -> None:
    planned = random.Random(moment).randrange(MANY // 2)  # noqa: S311 - the same moments each time
    file, panel = str(_sheet(tmp_path, MANY)), make_panel(socket_server.url)
    panel.manage("domain", "create", "metrosure.app")

    _kill_once(panel.start("manage.py", "import", file, "--apply"), lambda: panel.rows(PLANNED)[0][0] > planned)
    panel.manage("runner", "--until-idle")

    assert len(mailboxes(socket_server)) == MANY
    assert panel.rows("SELECT count(*), min(position), max(position) FROM accounts_batchrow") == [(MANY, 1, MANY)]
    assert panel.rows("SELECT state FROM accounts_batch") == [("done",)]
    assert panel.rows(STARTED) == [(1,)]
    assert [times for _, times in panel.rows(OPENED)] == [1] * MANY
    assert [line.rpartition("|")[0] for line in _report(panel)[1:]] == _wrong_lines(file)
