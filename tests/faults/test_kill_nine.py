"""What is under way when a process is killed is taken up again, and happens once."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from stalwart_client import Credentials, StalwartClient
from stalwart_client.simulator.serve import Server
from tests.faults.conftest import ROUNDS, Panel, Tell, wait_for
from tests.servers import free_port

ANA = "ana@metrosure.app"

RUNNING = "SELECT 1 FROM accounts_operation WHERE status = 'running'"
ASKED = "SELECT 1 FROM accounts_account WHERE mailbox_asked_at IS NOT NULL"


@pytest.mark.parametrize("moment", [pytest.param(RUNNING, id="claimed"), pytest.param(ASKED, id="asked")] * ROUNDS)
def test_a_killed_runner_leaves_one_mailbox(
    socket_server: Server, make_panel: Callable[[str], Panel], tell: Tell, moment: str
) -> None:
    panel = make_panel(socket_server.url)
    panel.manage("domain", "create", "metrosure.app")
    panel.open_account(ANA)
    socket_server.simulator.latency(1.0)
    runner = panel.start("manage.py", "runner")

    wait_for(lambda: panel.rows(moment))
    runner.kill()
    runner.wait()
    socket_server.simulator.latency(0)
    panel.manage("runner", "--until-idle")

    made = mailboxes(socket_server)
    tell("the runner killed (SIGKILL) while it makes a mailbox", 1 - len(made))
    assert panel.operation(ANA) | {"id": ""} == {
        "id": "", "kind": "mailbox", "status": "done", "attempts": 2, "error": None,
    }  # fmt: skip
    assert made == [ANA]
    assert panel.manage("audit", "verify")["unbroken"]


@pytest.mark.parametrize("killed_after", [n % 4 + 1 for n in range(ROUNDS)])
def test_a_mail_server_that_restarts_loses_nothing(
    make_panel: Callable[[str], Panel], tmp_path: Path, tell: Tell, killed_after: int
) -> None:
    port = free_port()
    panel = make_panel(f"http://127.0.0.1:{port}")
    server = start_server(panel, port, tmp_path / "stalwart.sqlite3")
    panel.manage("domain", "create", "metrosure.app")
    addresses = [f"shopper{number}@metrosure.app" for number in range(5)]
    runner = panel.start("manage.py", "runner")

    for number, address in enumerate(addresses):
        panel.open_account(address)
        if number == killed_after:
            server.kill()
            server.wait()
    start_server(panel, port, tmp_path / "stalwart.sqlite3")
    wait_for(lambda: panel.rows("SELECT count(*) FROM accounts_operation WHERE status = 'done'") == [(6,)])
    runner.send_signal(signal.SIGTERM)

    assert runner.wait(30) == 0
    open_by_address = {row["address"]: row["locked"] is False for row in panel.manage("account", "list")["accounts"]}
    tell("the mail server killed (SIGKILL) and started again", len(addresses) - sum(open_by_address.values()))
    assert open_by_address == dict.fromkeys(addresses, True)


def test_the_supervisor_starts_again_what_dies_and_ends_what_it_started(
    make_panel: Callable[[str], Panel], tell: Tell
) -> None:
    panel = make_panel("simulator:0.16")
    supervisor = panel.start("manage.py", "serve")
    health = f"http://127.0.0.1:{panel.environment['PORT']}/health"
    wait_for(lambda: is_up(health))

    [runner] = runners(supervisor)
    runner.kill()
    wait_for(lambda: runners(supervisor) not in ([], [runner]))
    everybody = children(supervisor)
    supervisor.send_signal(signal.SIGTERM)

    assert supervisor.wait(30) == 0
    tell("the runner killed (SIGKILL) under its supervisor, which is then asked to end", "nothing")
    assert not any(is_alive(child) for child in everybody)


def test_a_killed_supervisor_takes_its_children_along(make_panel: Callable[[str], Panel], tell: Tell) -> None:
    panel = make_panel("simulator:0.16")
    supervisor = panel.start("manage.py", "serve")
    wait_for(lambda: is_up(f"http://127.0.0.1:{panel.environment['PORT']}/health"))
    everybody = children(supervisor)

    supervisor.kill()

    wait_for(lambda: not any(is_alive(child) for child in everybody))
    tell("the supervisor killed (SIGKILL)", "nothing, and none of its children is left behind")


def mailboxes(server: Server) -> list[str]:
    """Return every address that the server has a mailbox for."""
    with closing(StalwartClient(server.url, Credentials(user="admin", secret="admin-secret"))) as client:
        return sorted(mailbox.address for mailbox in client.walk())


def start_server(panel: Panel, port: int, state: Path) -> subprocess.Popen[bytes]:
    process = panel.start("-m", "stalwart_client.simulator", "--port", str(port), "--state", str(state))
    wait_for(lambda: is_up(f"http://127.0.0.1:{port}/healthz/live"))
    return process


def is_up(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def children(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def runners(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return [child for child in children(process) if is_alive(child) and "runner" in child.cmdline()]


def is_alive(process: psutil.Process) -> bool:
    """Say whether it still works; nobody may collect the orphans of a test inside a container."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
