"""Several processes with one state file are one server: its budgets, bans and requests at once are shared."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.http import Dropped, Request
from stalwart_client.simulator.state import GenerationName
from tests.simulator.callers import STRONG, Jmap, Rest, client_of

NOW = datetime(2026, 11, 21, 12, 0, 10, tzinfo=UTC)
HOLDER = """
import sys, threading
from pathlib import Path
from stalwart_client.simulator import Simulator
from tests.simulator.callers import STRONG, client_of

generation, path, count = sys.argv[1:]

def hold(_seconds):
    sys.stdout.write("in\\n")
    sys.stdout.flush()
    threading.Event().wait()

server = Simulator(generation, state_file=Path(path), sleep=hold)
server.latency(1)
ask = lambda: client_of(server, "ana@example.org", STRONG).get("/jmap/session")
for _ in range(int(count)):
    threading.Thread(target=ask).start()
"""


def with_ana(generation: GenerationName, path: Path) -> Simulator:
    server = Simulator(generation, state_file=path)
    if generation == "0.15":
        Rest(server)("POST", "/principal", {"type": "domain", "name": "example.org"})
        Rest(server).create("individual", "ana@example.org", secrets=[STRONG], roles=["user"])
    else:
        Jmap(server).create("Domain", name="example.org", dkimManagement={"@type": "Manual"})
        credential = {"0": {"@type": "Password", "secret": STRONG}}
        Jmap(server).create("Account", **{"@type": "User", "name": "ana", "domainId": "b", "credentials": credential})
    return server


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_requests_under_way_in_another_process_count_until_it_dies(generation: GenerationName, tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    server = with_ana(generation, path)
    ana = client_of(server, "ana@example.org", STRONG)
    command = [sys.executable, "-c", HOLDER, generation, str(path), "4"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:  # noqa: S603 - our own program
        assert other.stdout is not None
        assert [other.stdout.readline() for _ in range(4)] == ["in\n"] * 4
        busy = ana.get("/jmap/session")
        admin = client_of(server).get("/jmap/session")
        other.kill()
        other.wait(timeout=10)

    assert (busy.status_code, busy.json()["limit"]) == (400, "maxConcurrentRequests")
    assert admin.status_code == 200, "who may do without limits is not held up"
    assert ana.get("/jmap/session").status_code == 200
    server.close()


def opened(generation: GenerationName, path: Path) -> Simulator:
    return Simulator(generation, state_file=path, exempt_loopback=False, clock=lambda: NOW)


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_a_budget_and_a_ban_are_shared(generation: GenerationName, tmp_path: Path) -> None:
    first, second = (opened(generation, tmp_path / "state.sqlite3") for _ in range(2))
    health = Request("GET", "/healthz/live", remote="192.0.2.7")
    headers = {"authorization": "Basic YWRtaW46d3Jvbmc="}
    wrong = Request("GET", "/jmap/session", headers=headers, remote="192.0.2.8")

    assert {server.handle(health).status for _ in range(50) for server in (first, second)} == {200}
    assert [server.handle(health).status for server in (first, second)] == [429, 429]

    assert {server.handle(wrong).status for _ in range(50) for server in (first, second)} == {401}
    assert first.handle(wrong).status == 429
    with pytest.raises(Dropped):
        second.handle(wrong)
    first.close()
    second.close()


def test_a_place_is_given_back_after_a_request(tmp_path: Path) -> None:
    server = with_ana("0.16", tmp_path / "state.sqlite3")
    ana = client_of(server, "ana@example.org", STRONG)

    threads = [threading.Thread(target=lambda: ana.get("/jmap/session")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [ana.get("/jmap/session").status_code for _ in range(6)] == [200] * 6
    server.close()
