"""A command that carries out a job beside a runner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from accounts.management import jobs
from accounts.models import Account, Batch, BatchRow, BatchState, MailDomain, RowStatus
from accounts.services import batch_work
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.sheets import sheet_of


def test_it_reports_what_a_runner_has_taken_only_when_that_has_happened(
    server: Simulator, domain: MailDomain, call: Call, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "people.csv").write_bytes(sheet_of("Ana Meyer", "Ben Botha"))
    started: list[int] = []
    waited: list[int] = []

    def take_the_first(batch: Batch, now: Callable[[], datetime]) -> None:
        """The runner is quicker with one row."""
        started.append(batch.pk)
        batch.rows.filter(position=1).update(
            status=RowStatus.RUNNING, lease=uuid4(), leased_until=clock() + timedelta(seconds=60)
        )
        carry_out(batch, now)

    def let_the_runner_work(_seconds: float) -> None:
        waited.append(Account.objects.count())
        BatchRow.objects.filter(position=1).update(status=RowStatus.WAITING, lease=None, leased_until=None)
        batch_work.work(clock)

    carry_out = jobs.carry_out
    monkeypatch.setattr("accounts.management.commands.import.carry_out", take_the_first)
    monkeypatch.setattr("accounts.management.jobs.time.sleep", let_the_runner_work)

    said = call("import", str(tmp_path / "people.csv"), "--apply", "--json")

    assert (said.code, said.json["job"], waited) == (0, started[0], [1])
    assert Batch.objects.get().state == BatchState.DONE
    assert Account.objects.count() == 2
