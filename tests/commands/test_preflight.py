"""`manage.py preflight`: what is missing before anything is installed, each with what mends it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from accounts import mailserver
from accounts.services import preflight, preflight_net
from accounts.services.findings import Verdict
from stalwart_client.simulator import Simulator
from tests import servers
from tests.commands.conftest import Call
from tests.conftest import Clock
from tests.mailsockets import listening
from tests.zones import World

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


def looked(call: Call) -> tuple[int, dict[str, dict[str, Any]]]:
    said = call("preflight", "--json")
    return said.code, {check["name"]: check for check in said.json["checks"]}


@pytest.fixture(autouse=True)
def here(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "data"
    settings.PORT = servers.free_port()


@pytest.fixture(params=["0.15", "0.16"])
def there(request: pytest.FixtureRequest, settings: Settings, clock: Clock) -> Iterator[Simulator]:
    """A mail server of each generation at an address, with credentials that it takes."""
    simulator = Simulator(generation=request.param, clock=clock)
    mailserver.forget()
    with listening(simulator) as settings.STALWART_URL:
        settings.STALWART_USER, settings.STALWART_PASSWORD = "admin", "admin-secret"
        yield simulator
    mailserver.forget()


def test_a_machine_that_has_everything(call: Call, there: Simulator, settings: Settings, world: World) -> None:
    settings.PUBLIC_URL, settings.MAIL_HOST = "https://panel.metrosure.test", ""
    world.names.zones["metrosure.test."] = "panel 60 IN A 198.51.100.24\n"

    code, checks = looked(call)

    assert code == 0
    unknown = {"DNS of the mail host", "mail ports"}
    assert {name: each["verdict"] for name, each in checks.items() if name not in unknown} == dict.fromkeys(
        set(checks) - unknown, "ok"
    )
    assert there.generation in checks["mail server"]["found"]
    assert checks["DNS of the panel"]["found"] == "panel.metrosure.test leads to 198.51.100.24."
    assert all(set(each) == {"name", "verdict", "found", "advice"} for each in checks.values())


def test_wrong_credentials_are_told_apart_from_silence(call: Call, there: Simulator, settings: Settings) -> None:
    settings.STALWART_PASSWORD = "wrong"

    code, checks = looked(call)

    assert code == 1
    assert (checks["mail server"]["verdict"], checks["credentials"]["verdict"]) == ("ok", "fail")


def test_a_server_that_is_not_there_fails(call: Call, settings: Settings) -> None:
    settings.STALWART_URL = f"http://127.0.0.1:{servers.free_port()}"

    code, checks = looked(call)

    assert (code, checks["mail server"]["verdict"]) == (1, "fail")
    assert checks["clock"]["verdict"] == "unknown"
    assert "credentials" not in checks


@pytest.mark.parametrize(("seconds", "verdict"), [(10, "ok"), (60, "warn"), (-600, "fail")])
def test_clocks_that_differ(call: Call, there: Simulator, seconds: int, verdict: str) -> None:
    there.advance(seconds)

    assert looked(call)[1]["clock"]["verdict"] == verdict


def test_a_port_that_is_taken(call: Call, settings: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.PORT))
        code, checks = looked(call)

    assert (code, checks["port"]["verdict"]) == (1, "fail")
    assert str(settings.PORT) in checks["port"]["found"]


def test_a_folder_that_is_a_file(call: Call, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    settings.DATA_DIR = tmp_path / "file" / "data"

    assert looked(call)[1]["data folder"]["verdict"] == "fail"


def test_nobody_knows_the_name(call: Call, settings: Settings, world: World) -> None:
    settings.PUBLIC_URL = "https://panel.metrosure.test"

    assert looked(call)[1]["DNS of the panel"]["verdict"] == "fail"


def test_mail_ports(call: Call, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_HOST = "127.0.0.1"
    with socket.create_server(("127.0.0.1", 0)) as one:
        open_, shut = one.getsockname()[1], servers.free_port()
        verdicts = []
        for ports in ((open_,), (open_, shut), (shut,)):
            monkeypatch.setattr(preflight_net, "PORTS", ports)
            verdicts.append(looked(call)[1]["mail ports"]["verdict"])

    assert verdicts == ["ok", "warn", "fail"]


def test_redis_that_is_away(call: Call, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"

    assert looked(call)[1]["redis"]["verdict"] == "fail"


@pytest.mark.redis
def test_redis_that_answers(call: Call, settings: Settings) -> None:
    with servers.redis() as settings.REDIS_URL:
        assert looked(call)[1]["redis"]["found"] == "It answers."


@pytest.mark.parametrize(("megabytes", "verdict"), [(600, "ok"), (400, "warn"), (100, "fail")])
def test_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, megabytes: int, verdict: str) -> None:
    (tmp_path / "meminfo").write_text(f"MemTotal: 9 kB\nMemAvailable: {megabytes * 1024} kB\n", encoding="ascii")
    monkeypatch.setattr(preflight, "_MEMORY_HERE", tmp_path / "meminfo")
    monkeypatch.setattr(preflight, "_CONTAINER", tmp_path)

    assert preflight.memory().verdict == verdict


def test_a_container_has_less_than_its_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("314572800\n", encoding="ascii")
    (tmp_path / "memory.current").write_text("0\n", encoding="ascii")
    monkeypatch.setattr(preflight, "_CONTAINER", tmp_path)

    assert (preflight.memory().verdict, preflight.memory().found) == (Verdict.WARN, "300 MB are free.")


def test_an_old_python() -> None:
    assert preflight.python((3, 10, 4)).verdict is Verdict.FAIL


def test_it_needs_no_tables(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[str] = []

    def keep(execute: Any, sql: str, *rest: Any) -> Any:
        queries.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(keep):
        looked(call)

    assert queries == []


def test_a_production_without_keys_is_told_instead_of_a_crash(tmp_path: Path) -> None:
    """The whole program, as it starts where nothing is set up: neither keys nor a database."""
    away = servers.free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PANEL_ENV_FILE": os.devnull,
        "DATA_DIR": str(tmp_path / "new"),
        "PORT": str(servers.free_port()),
        "DNS_RESOLVERS": "127.0.0.1:1",
        "REDIS_URL": f"redis://127.0.0.1:{away}/0",
        "DATABASE_URL": f"postgres://panel:secret@127.0.0.1:{away}/panel",
    }

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, str(MANAGE), "preflight", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    assert {name for name, each in checks.items() if each["verdict"] == "fail"} == {"keys", "database", "redis"}
    assert checks["keys"]["found"] == "SECRET_KEY and FIELD_KEYS must be set where REDIS_URL is."
    assert "secret" not in done.stdout + done.stderr.replace("SECRET_KEY", "")
