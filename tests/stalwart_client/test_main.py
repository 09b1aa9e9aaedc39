"""The library from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from stalwart_client import Denial
from stalwart_client.__main__ import main
from stalwart_client.simulator import Simulator
from tests.stalwart_client.answers import Player
from tests.stalwart_client.stage import LOCK, Stage

Shell = Callable[..., Any]
SIGNED_IN = ["--url", "http://mail.test", "--user", "admin", "--password", "admin-secret"]


@pytest.fixture
def shell(simulated: Stage, simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run a command and return what it printed; with --json the data."""

    def run(*arguments: str, status: int = 0) -> Any:
        assert main([*SIGNED_IN, *arguments], transport=simulator.transport()) == status
        printed = capsys.readouterr()
        if status:
            return printed.err
        return json.loads(printed.out) if "--json" in arguments else printed.out

    return run


def test_mailboxes_are_a_table(shell: Shell, simulated: Stage) -> None:
    ana, ben = simulated.opened("ana", name="Ana", denials=LOCK), simulated.opened("ben", quota=5)

    heading, first, second = shell("mailboxes").splitlines()

    assert heading.split() == ["ADDRESS", "NAME", "USED", "QUOTA", "DENIALS", "DEADLINE"]
    assert first.split() == [ana, "Ana", "0", "0", "sign_in", "-"]
    assert second.split() == [ben, "-", "0", "5", "-", "-"]
    assert len(shell("--limit", "1", "--json", "mailboxes")) == 1


def test_one_mailbox_is_a_list_of_its_parts(shell: Shell, simulated: Stage) -> None:
    ana = simulated.opened("ana", aliases=(simulated.at("a"),), denials=LOCK)
    simulated.client.app_passwords.create(ana, "Phone")

    lines = dict(line.split(maxsplit=1) for line in shell("mailbox", ana).splitlines())
    (found,) = shell("--json", "mailbox", ana)

    assert (lines["address"], lines["app_passwords"], lines["groups"]) == (ana, "Phone", "-")
    assert (found["address"], found["denials"], found["aliases"]) == (ana, [Denial.SIGN_IN], [simulated.at("a")])
    assert found["app_passwords"][0]["name"] == "Phone"


COMMANDS = ["blocked", "dkim", "dns", "domains", "facts", "groups", "lists", "log", "mailboxes", "queue"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_in_both_forms(
    shell: Shell, simulated: Stage, simulator: Simulator, command: str
) -> None:
    ana = simulated.opened("ana", password="Wrt-55-quiet-lamp")
    simulated.client.groups.create(simulated.at("staff"), members=[ana])
    simulated.client.lists.create(simulated.at("all"), members=[ana])
    simulated.sign_in(ana, "Wrt-55-quiet-lamp")
    simulated.wait_for_keys()
    simulated.client.blocked.block("192.0.2.66")
    simulator.plant_message("q@metrosure.app", ["dest@example.org"], answer="451 later")
    about = {"dkim": [simulated.domain], "dns": [simulated.domain], "log": [ana]}.get(command, [])
    is_empty = command == "dkim" and simulated.is_rest

    found = shell("--json", command, *about)
    table = shell(command, *about)

    assert bool(found) is not is_empty
    assert table
    assert "admin-secret" not in table + json.dumps(found)


def test_what_the_server_says_no_to_is_told(shell: Shell, simulated: Stage) -> None:
    told = shell("mailbox", simulated.at("nobody"), status=1)

    assert told.startswith("The mail server has no such mailbox")
    assert simulated.at("nobody") in told


def test_the_environment_stands_for_options(
    simulated: Stage, simulator: Simulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"URL": "http://mail.test", "USER": "admin", "PASSWORD": "admin-secret"}.items():
        monkeypatch.setenv(f"STALWART_{name}", value)

    assert main(["domains"], transport=simulator.transport()) == 0

    assert simulated.domain in capsys.readouterr().out


def test_a_password_that_is_nowhere_is_asked_for(
    simulated: Stage, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda _: "admin-secret")

    assert main(["--url", "http://mail.test", "--user", "admin", "facts"], transport=simulator.transport()) == 0


def test_wrong_use_ends_with_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STALWART_URL", raising=False)

    for arguments in ([], ["facts"], ["--url", "http://mail.test", "nonsense"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2


def test_a_server_that_is_away_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    away = Player(httpx.ConnectTimeout("slow"))

    assert main([*SIGNED_IN, "facts"], transport=away.transport()) == 1

    assert "did not answer in time" in capsys.readouterr().err
