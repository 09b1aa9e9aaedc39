"""A state in a file belongs to every process that opens it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stalwart_client.simulator import Simulator
from stalwart_client.simulator.state import GenerationName
from tests.simulator.callers import HASH, STRONG, Jmap, Rest, add_user, client_of

WRITER = """
import sys
from pathlib import Path
from stalwart_client.simulator import Simulator
from tests.simulator.callers import Jmap, Rest

generation, path, prefix = sys.argv[1:]
server = Simulator(generation, state_file=Path(path))
for place in range(60):
    name = f"{prefix}{place}"
    if generation == "0.15":
        Rest(server).create("individual", f"{name}@example.org", emails=[f"{name}@example.org"])
    else:
        Jmap(server).create("Account", **{"@type": "User", "name": name, "domainId": "b"})
"""


def opened(generation: GenerationName, path: Path) -> Simulator:
    server = Simulator(generation, state_file=path)
    if generation == "0.15":
        Rest(server)("POST", "/principal", {"type": "domain", "name": "example.org"})
    else:
        manual = {"@type": "Manual"}
        Jmap(server)("x:Domain/set", {"create": {"d": {"name": "example.org", "dkimManagement": manual}}})
    return server


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_processes_that_write_at_once_lose_nothing(generation: GenerationName, tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite3"
    server = opened(generation, path)
    command = [sys.executable, "-c", WRITER, generation, str(path)]

    writers = [subprocess.Popen([*command, prefix]) for prefix in ("a", "b", "c")]  # noqa: S603 - our own program
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0, 0]

    expected = sorted(f"{prefix}{place}@example.org" for prefix in "abc" for place in range(60))
    assert server.state.addresses() == expected
    server.close()


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_a_state_outlives_its_process(generation: GenerationName, tmp_path: Path) -> None:
    first = opened(generation, tmp_path / "state.sqlite3")
    if generation == "0.15":
        Rest(first).create("individual", "ana@example.org", emails=["ana@example.org"])
        Rest(first)("DELETE", "/principal/ana@example.org")
    else:
        Jmap(first)("x:Account/set", {"destroy": [add_user(first)]})
    first.close()

    second = opened(generation, tmp_path / "state.sqlite3")

    assert second.state.addresses() == []
    if generation == "0.15":
        assert Rest(second).create("individual", "sipho@example.org") == 3, "ids are not used again"
    else:
        assert add_user(second, "sipho") == "c", "ids are not used again"
    second.close()


def test_what_fails_halfway_is_not_kept(tmp_path: Path) -> None:
    server = opened("0.16", tmp_path / "state.sqlite3")

    def fail() -> None:
        with server.state.writing():
            server.state.put("Role", 99, {"description": "half", "memberTenantId": None, "roleIds": {}})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert server.state.table("Role").get(99) is None
    assert add_user(server) == "b"
    server.close()


def test_an_upgrade_keeps_mailboxes_and_domains(tmp_path: Path) -> None:
    old = opened("0.15", tmp_path / "state.sqlite3")
    rest = Rest(old)
    emails = ["ana@example.org", "info@example.org"]
    rest.create("individual", emails[0], emails=emails, secrets=[HASH], quota=5, roles=["user"])
    rest.create("individual", "sipho@example.org", emails=["sipho@example.org"], secrets=[STRONG], roles=["user"])
    rest.patch("ana@example.org", "addItem", "disabledPermissions", "authenticate")
    rest.create("list", "all@example.org", emails=["all@example.org"], members=["ana@example.org"])
    old.close()

    new = Simulator("0.16", state_file=tmp_path / "state.sqlite3")

    assert new.state.addresses() == ["ana@example.org", "sipho@example.org"]
    assert client_of(new, "sipho@example.org", STRONG).get("/jmap/session").status_code == 200
    ana = Jmap(new)("x:Account/get", {"ids": ["b"]})["list"][0]
    assert ana["permissions"]["disabledPermissions"] == {"authenticate": True}
    assert (ana["aliases"]["0"]["name"], ana["quotas"]) == ("info", {"maxDiskQuota": 5})
    assert Jmap(new)("x:MailingList/get", {"ids": None})["list"][0]["recipients"] == {"ana@example.org": True}
    new.close()


def test_the_way_back_keeps_them_too(tmp_path: Path) -> None:
    new = opened("0.16", tmp_path / "state.sqlite3")
    add_user(new, aliases={"0": {"name": "info", "domainId": "b"}}, quotas={"maxDiskQuota": 5})
    new.close()

    old = Simulator("0.15", state_file=tmp_path / "state.sqlite3")

    ana = Rest(old).get("ana@example.org")
    assert (ana["emails"], ana["quota"], ana["roles"]) == (["ana@example.org", "info@example.org"], 5, ["user"])
    assert client_of(old, "ana@example.org", STRONG).get("/jmap/session").status_code == 200
    old.close()
