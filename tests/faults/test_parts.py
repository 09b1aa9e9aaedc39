"""The very commands of docker-compose.yml, started on this machine: they do the panel's main job together."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from stalwart_client.simulator.serve import Server
from tests import servers
from tests.compose import ROOT, arguments, compose, services
from tests.faults.conftest import Panel, Tell, new_database, wait_for
from tests.servers import free_port

ANA = "ana@metrosure.app"
PASSWORD = "correct horse battery staple"
SECRETS = {
    "secret_key": "only-for-this-test",
    "field_keys": "aW4tZmVybmV0LWtleXMtZXZlcnktYnl0ZS1jb3VudHM=",
    "postgres_password": "not asked for here",
    "stalwart_password": "admin-secret",
}
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?')

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.timeout(300)]


class Host:
    """This machine in the place of Docker: the names of containers, paths and ports are those of the test."""

    def __init__(self, folder: Path, *, profile: str, addresses: dict[str, str]) -> None:
        self.parts = {name: service for name, service in services(profile).items() if "build" in service}
        self.url = f"http://127.0.0.1:{free_port()}"
        self._folder, self._addresses = folder, addresses
        (folder / "secrets").mkdir()
        for secret in compose()["secrets"]:
            (folder / "secrets" / secret).write_text(SECRETS.get(secret, ""))

    def environment(self, name: str) -> dict[str, str]:
        """Return what a container is given, with our addresses for those inside Docker's network."""
        given: dict[str, str] = self.parts[name]["environment"]
        hosts = {urlsplit(given[setting]).hostname for setting in self._addresses}
        assert hosts == {"stalwart", "postgres", "redis"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        known = {setting: self._here(value, name) for setting, value in (given | self._addresses).items()}
        return {"PATH": path, "PANEL_ENV_FILE": os.devnull, "DATA_DIR": str(self._folder / "data"), **known}

    def command(self, name: str) -> list[str]:
        return [self._here(part, name) for part in arguments(self.parts[name]["command"])]

    def is_healthy(self, name: str) -> bool:
        """Ask as Docker would."""
        test = arguments(self.parts[name]["healthcheck"]["test"])
        assert test[0] == "CMD-SHELL"
        environment = self.environment(name)
        said = subprocess.run(test[1], shell=True, env=environment, check=False, capture_output=True)  # noqa: S602
        return said.returncode == 0

    def _here(self, value: str, name: str) -> str:
        if value.startswith("/tmp/"):  # noqa: S108 - each container has one of its own
            return str(self._folder / f"{name}-{value.removeprefix('/tmp/')}")  # noqa: S108
        value = value.replace("/run/secrets", str(self._folder / "secrets"))
        return value.replace("0.0.0.0:8000", self.url.removeprefix("http://"))


class Person:
    """Somebody with a browser, who sends the forms that they see."""

    def __init__(self, browser: httpx.Client, url: str) -> None:
        browser.base_url = httpx.URL(url)
        self._browser = browser

    def sees(self, path: str) -> str:
        answer = self._browser.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def sends(self, path: str, **fields: str) -> str:
        answer = self._browser.post(path, data=dict(_HIDDEN.findall(self.sees(path))) | fields)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with servers.redis() as url:
        yield url


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def static_files() -> None:
    """What the image has: the static files, collected once."""
    if not (ROOT / "staticfiles" / "staticfiles.json").exists():
        command = (sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0")
        with tempfile.TemporaryDirectory() as folder:
            ours = {"PATH": os.environ["PATH"], "PANEL_ENV_FILE": os.devnull, "DATA_DIR": folder}
            subprocess.run(command, cwd=ROOT, env=ours, check=True)  # noqa: S603 - our own command


@pytest.mark.parametrize("profile", ["parts", "small"])
def test_the_main_job(
    profile: str,
    socket_server: Server,
    make_panel: Callable[[str], Panel],
    database_url: str,
    redis_url: str,
    static_files: None,
    browser: httpx.Client,
    tell: Tell,
    tmp_path: Path,
) -> None:
    addresses = {
        "STALWART_URL": socket_server.url,
        "DATABASE_URL": new_database(database_url),
        "REDIS_URL": redis_url,
    }
    host = Host(tmp_path, profile=profile, addresses=addresses)
    person, panel = Person(browser, host.url), make_panel(socket_server.url)
    for name in host.parts:
        panel.environment = host.environment(name)
        panel.start_command(host.command(name))
    wait_for(lambda: is_up(f"{host.url}/health") or any(process.poll() for process in panel.processes))

    panel.manage("domain", "create", "metrosure.app")
    panel.open_account(ANA)
    wait_for(lambda: is_settled(addresses["DATABASE_URL"]))
    opened = panel.manage("account", "show", ANA)
    first = panel.manage("staff", "create", "thandi", "--role", "admin")["password"]
    person.sends("/sign-in/", username="thandi", password=first)
    person.sends("/password/", current=first, password=PASSWORD, again=PASSWORD)
    [page] = set(re.findall(r"/accounts/\d+/", person.sees("/accounts/")))
    person.sends(f"{page}end/", reason="The visits are over")
    wait_for(lambda: is_settled(addresses["DATABASE_URL"]))
    ended = panel.manage("account", "show", ANA)

    tell("the commands of docker-compose.yml: create, end, audit", 0 if ended["locked"] else "the lock")
    assert (opened["state"], opened["locked"]) == ("active", False)
    assert (ended["state"], ended["locked"]) == ("ended", True)
    assert panel.manage("audit", "verify")["unbroken"]
    assert "The visits are over" in person.sees("/audit/")
    wait_for(lambda: all(host.is_healthy(name) for name, part in host.parts.items() if "healthcheck" in part))
    for process in panel.processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(45) for process in panel.processes] == [0] * len(host.parts)


def is_settled(database_url: str) -> bool:
    with psycopg.connect(database_url) as database:
        return not database.execute("SELECT 1 FROM accounts_operation WHERE status <> 'done'").fetchall()


def is_up(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
