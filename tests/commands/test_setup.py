"""`manage.py setup`: the whole first run as real processes against a mail server on a socket, and its parts."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from environ import Env
from hypothesis import given
from hypothesis import strategies as st

from accounts.management import answers, envfile
from accounts.management.base import WrongUse
from stalwart_client import Credentials, StalwartClient
from stalwart_client.simulator import Simulator
from tests import servers
from tests.commands.conftest import Call
from tests.mailsockets import listening
from tests.nameserver import Names, serving

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"
SECRET = "admin-secret"


@dataclass
class Panel:
    """A folder where a panel is set up, and the mail server that it is set up for."""

    folder: Path
    server: str
    resolver: str
    simulator: Simulator | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def env_file(self) -> Path:
        return self.folder / ".env"

    def answers(self, **changes: str) -> dict[str, str]:
        return {
            "STALWART_URL": self.server,
            "ADMIN_USER": "admin",
            "ADMIN_PASSWORD": SECRET,
            "DOMAIN": "metrosure.test",
            "STAFF_NAME": "palesa",
            "STAFF_EMAIL": "palesa@metrosure.test",
            "COMPANY_NAME": "Metrosure (Pty) Ltd",
            "TIME_ZONE": "Africa/Harare",
            "PUBLIC_URL": "https://panel.metrosure.test",
            **changes,
        }

    def set_up(self, given: dict[str, str] | None, *, status: int = 0) -> dict[str, Any]:
        file = self.folder / "answers.json"
        if given is not None:
            file.write_text(json.dumps(given), encoding="utf-8")
        more = [] if given is None else ["--answers", str(file)]
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, str(MANAGE), "setup", "--json", *more],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stderr
        assert SECRET not in done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout)
        return said

    def values(self) -> dict[str, str]:
        lines = self.env_file.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PANEL_ENV_FILE": str(self.env_file),
            "DATA_DIR": str(self.folder / "data"),
            "DNS_RESOLVERS": self.resolver,
            **self.environment,
        }


@contextmanager
def beside(generation: Literal["0.15", "0.16"], folder: Path) -> Iterator[Panel]:
    simulator = Simulator(generation=generation)
    with listening(simulator) as url, serving(Names({})) as names:
        yield Panel(folder, url, f"{names.host}:{names.port}", simulator)


@pytest.fixture(params=["0.15", "0.16"])
def panel(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Panel]:
    with beside(request.param, tmp_path) as made:
        yield made


def the_administrator_is_forgotten(panel: Panel) -> None:
    """Nothing that is kept holds the password, and the key may do less than they may."""
    (panel.folder / "answers.json").unlink()
    kept = [path.read_bytes() for path in panel.folder.rglob("*") if path.is_file()]
    ours, theirs = Credentials(token=panel.values()["STALWART_TOKEN"]), Credentials(user="admin", secret=SECRET)
    assert panel.simulator
    key = StalwartClient("http://mail.test", ours, transport=panel.simulator.transport())
    admin = StalwartClient("http://mail.test", theirs, transport=panel.simulator.transport())
    facts, domains, all_permissions = key.facts(), key.domains(), admin.facts().permissions

    assert not [content for content in kept if SECRET.encode() in content]
    assert "STALWART_PASSWORD" not in panel.values()
    assert facts.missing == ()
    assert "impersonate" not in facts.permissions
    assert len(facts.permissions) < len(all_permissions)
    assert [domain.name for domain in domains] == ["metrosure.test"]


def test_a_first_run_and_a_second(panel: Panel) -> None:
    panel.env_file.write_text("# ours\nPASSWORD_STYLE=characters\nCOMPANY_NAME=Old\n", encoding="utf-8")

    said = panel.set_up(panel.answers())

    assert said["key"] == {"name": "metrosure-panel", "made": True}
    assert (said["staff"]["name"], said["staff"]["role"]) == ("palesa", "admin")
    assert len(said["staff"]["password"]) > 15
    checks = {check["name"]: check["verdict"] for check in said["checks"]}
    assert (checks["mail server"], checks["permissions"], checks["migrations"]) == ("ok", "ok", "ok")
    values, text = panel.values(), panel.env_file.read_text(encoding="utf-8")
    assert text.startswith("# ours\nPASSWORD_STYLE=characters\nCOMPANY_NAME=Metrosure (Pty) Ltd\n")
    assert (values["DEFAULT_DOMAIN"], values["TIME_ZONE"]) == ("metrosure.test", "Africa/Harare")
    assert stat.S_IMODE(panel.env_file.stat().st_mode) == 0o600

    again = panel.set_up(panel.answers(ADMIN_PASSWORD="never asked"))

    assert (again["key"], again["staff"]["password"]) == ({"name": None, "made": False}, None)
    assert panel.values() == values
    the_administrator_is_forgotten(panel)


def test_a_wrong_administrator_changes_nothing(panel: Panel) -> None:
    error = panel.set_up(panel.answers(ADMIN_PASSWORD="wrong"), status=1)["error"]

    assert error == {
        "message": "The mail server does not accept this administrator and password.",
        "field": "ADMIN_PASSWORD",
    }
    assert not panel.env_file.exists()


def test_production_gets_keys_of_its_own_and_a_lost_token_another(tmp_path: Path) -> None:
    with beside("0.16", tmp_path) as panel:
        panel.environment = {
            "REDIS_URL": f"redis://127.0.0.1:{servers.free_port()}/0",
            "DATABASE_URL": f"sqlite:///{panel.folder}/panel.sqlite3",
        }
        panel.set_up(panel.answers())
        before = panel.values()
        panel.env_file.write_text(panel.env_file.read_text().replace("STALWART_TOKEN=", "LOST="), encoding="utf-8")
        again = panel.set_up(panel.answers())

    assert again["key"] == {"name": "metrosure-panel-2", "made": True}
    assert (len(before["SECRET_KEY"]) > 50, len(before["FIELD_KEYS"])) == (True, 44)
    names = ("SECRET_KEY", "FIELD_KEYS", "DEFAULT_DOMAIN")
    assert {name: panel.values()[name] for name in names} == {name: before[name] for name in names}


def test_nobody_there_to_answer(tmp_path: Path) -> None:
    error = Panel(tmp_path, "", "127.0.0.1:1").set_up(None, status=2)["error"]

    assert error["field"] == "STALWART_URL"


def test_no_server_there(tmp_path: Path) -> None:
    panel = Panel(tmp_path, f"http://127.0.0.1:{servers.free_port()}", "127.0.0.1:1")

    error = panel.set_up(panel.answers(), status=1)["error"]

    assert error["field"] == "STALWART_URL"
    assert not panel.env_file.exists()


@pytest.mark.parametrize(
    ("text", "field_"),
    [
        ("TIME_ZONE=Mars", "TIME_ZONE"),
        ("STALWART_URL=mail.example.org", "STALWART_URL"),
        ("PUBLIC_URL=panel", "PUBLIC_URL"),
        ("DOMAIN=not a domain", "DOMAIN"),
        ("DOMAIN=gmail.com", "DOMAIN"),
        ("STAFF_EMAIL=palesa", "STAFF_EMAIL"),
        ("COLOUR=green", "COLOUR"),
        ("a line", "answers"),
        ('{"DOMAIN": ', "answers"),
        ('{"COMPANY_NAME": "two\\nlines"}', "COMPANY_NAME"),
    ],
)
def test_an_answer_that_is_none_is_named(call: Call, tmp_path: Path, text: str, field_: str) -> None:
    file = tmp_path / "answers"
    file.write_text(text, encoding="utf-8")

    said = call("setup", "--answers", str(file), "--json")

    assert (said.code, said.error["field"]) == (2, field_)


def test_answers_as_lines_and_as_json_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("# hello\n\nexport company_name=A = B\nDOMAIN=Metrosure.Test\n", encoding="utf-8")
    (tmp_path / "json").write_text('{"COMPANY_NAME": "A = B", "domain": "metrosure.test"}', encoding="utf-8")

    found = answers.from_file(tmp_path / "lines")

    assert found == {"COMPANY_NAME": "A = B", "DOMAIN": "metrosure.test"}
    assert found == answers.from_file(tmp_path / "json")


class Typed(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_person_is_asked_again_until_it_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Typed("Mars\nAfrica/Harare\n\n\n"))

    assert answers.on_terminal("TIME_ZONE", "Africa/Johannesburg") == "Africa/Harare"
    assert answers.on_terminal("TIME_ZONE", "Africa/Johannesburg") == "Africa/Johannesburg"
    assert answers.on_terminal("STAFF_EMAIL", "") == ""
    printed = capsys.readouterr()
    assert "Write a time zone" in printed.err
    assert "[Africa/Johannesburg]" in printed.out


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Typed(""))
    monkeypatch.setattr("getpass.getpass", lambda _: "hidden")

    assert answers.on_terminal("ADMIN_PASSWORD", "") == "hidden"


def test_without_a_terminal_the_missing_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    with pytest.raises(WrongUse, match="DOMAIN is missing"):
        answers.on_terminal("DOMAIN", "")


LINES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1)


@given(value=LINES, other=LINES)
def test_what_is_written_is_read_back(value: str, other: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("env") / ".env"
    envfile.write(path, {"FIRST_OF_TWO": other})
    envfile.write(path, {"SECOND_OF_TWO": value})
    envfile.write(path, {"FIRST_OF_TWO": value})

    try:
        Env.read_env(path)
        assert (os.environ["FIRST_OF_TWO"], os.environ["SECOND_OF_TWO"]) == (value, value)
    finally:
        for name in ("FIRST_OF_TWO", "SECOND_OF_TWO"):
            os.environ.pop(name, None)
