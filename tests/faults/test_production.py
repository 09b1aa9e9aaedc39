"""The production mode with real servers: PostgreSQL as the database, Redis to wake Celery's worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from stalwart_client.simulator.serve import Server
from tests import servers
from tests.faults.conftest import ROOT, Panel, in_production, new_database, wait_for

ANA = "ana@metrosure.app"


@pytest.mark.postgres
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "suites", [("tests/services",), ("tests/outbox", "tests/audit")], ids=["services", "outbox and log"]
)
def test_the_services_the_outbox_and_the_log_work_on_postgres(suites: tuple[str, ...], database_url: str) -> None:
    """In two parts, so that two workers of pytest share the longest of all tests."""
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    done = subprocess.run(  # noqa: S603 - our own tests
        command, cwd=ROOT, env=environment | {"DATABASE_URL": database_url}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.mark.postgres
@pytest.mark.redis
def test_a_worker_is_woken_and_carries_out(
    socket_server: Server, make_panel: Callable[[str], Panel], database_url: str
) -> None:
    panel = make_panel(socket_server.url)
    with servers.redis() as redis_url:
        panel.environment |= in_production(new_database(database_url), redis_url)
        subprocess.run((sys.executable, "manage.py", "migrate", "-v0"), cwd=ROOT, env=panel.environment, check=True)
        worker = panel.start("-m", "celery", "-A", "metrosure_admin", "worker", "--concurrency", "1", "-l", "WARNING")
        panel.manage("domain", "create", "metrosure.app")
        panel.open_account(ANA)

        wait_for(lambda: panel.operation(ANA)["status"] == "done")
        worker.send_signal(signal.SIGTERM)

        assert panel.manage("account", "show", ANA)["locked"] is False
        assert panel.manage("audit", "verify")["unbroken"]
        worker.wait(60)
