"""`manage.py doctor`: each thing that can be wrong is named, with what mends it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account, Pulse
from stalwart_client.simulator import Simulator
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.factories import make_account

pytestmark = pytest.mark.usefixtures("domain")


def examined(call: Call) -> tuple[int, dict[str, dict[str, Any]]]:
    said = call("doctor", "--json")
    checks = {check["name"]: check for check in said.json["checks"]}
    assert all(set(check) == {"name", "verdict", "found", "advice"} for check in checks.values())
    return said.code, checks


def test_a_panel_that_is_well(call: Call, now: datetime) -> None:
    make_account(now=now)
    call("runner", "--until-idle")
    call("sweep")
    Pulse.objects.create(name="runner", at=now)

    code, checks = examined(call)

    assert code == 0
    assert {name: check["verdict"] for name, check in checks.items()} == dict.fromkeys(checks, "ok")
    assert not any(check["advice"] for check in checks.values())


def test_a_server_that_is_away_fails_and_leaves_the_rest_unknown(call: Call, server: Simulator, clock: Clock) -> None:
    server.faults.go_down()
    examined(call)
    clock.pass_(seconds=300)

    code, checks = examined(call)

    assert code == 1
    assert checks["mail server"]["verdict"] == "fail"
    assert "5 min ago" in checks["mail server"]["found"]
    assert checks["directory"]["verdict"] == "unknown"


def test_nothing_that_has_never_run_is_well(call: Call) -> None:
    code, checks = examined(call)

    assert code == 0
    assert (checks["sweep"]["verdict"], checks["job runner"]["verdict"]) == ("warn", "warn")


def test_a_sweep_that_stays_away_is_told(call: Call, clock: Clock) -> None:
    call("sweep")
    clock.pass_(seconds=16 * 60)

    assert examined(call)[1]["sweep"]["found"] == "It last ran 16 min ago."


@pytest.mark.parametrize(("seconds", "verdict"), [(20, "ok"), (60, "warn"), (-300, "fail")])
def test_clocks_that_differ_are_told(call: Call, server: Simulator, seconds: int, verdict: str) -> None:
    server.advance(seconds)

    assert examined(call)[1]["clock"]["verdict"] == verdict


def test_a_log_without_its_triggers_is_told(call: Call) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER auditevent_no_delete")

    code, checks = examined(call)

    assert code == 1
    assert "auditevent_no_delete" in checks["audit log"]["found"]


def test_a_lock_that_was_not_seen_is_told(call: Call, now: datetime) -> None:
    make_account(now=now)
    Account.objects.update(state="suspended", mailbox_exists=True, mailbox_locked=False)

    assert "1 mailboxes must be locked" in examined(call)[1]["locks"]["found"]


def test_changes_that_failed_are_told(call: Call, now: datetime) -> None:
    account = make_account(now=now)
    account.operations.update(status="failed")

    assert examined(call)[1]["changes"]["verdict"] == "warn"
