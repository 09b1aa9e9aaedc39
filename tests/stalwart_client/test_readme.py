"""What the README of the library promises: its lines run as they stand, and it needs what it says and no more."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

import stalwart_client
from stalwart_client import Credentials, DkimStage, StalwartClient
from stalwart_client.simulator import Simulator
from tests.stalwart_client.stage import Simulated

PACKAGE = Path(stalwart_client.__file__).parent
README = (PACKAGE / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("generation", ["0.15", "0.16"])
def test_its_lines_run_as_they_stand(
    generation: Simulated, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    simulator = Simulator(generation=generation)

    def client_of_simulator(url: str, credentials: Credentials) -> StalwartClient:
        return StalwartClient(url, credentials, transport=simulator.transport())

    monkeypatch.setattr(stalwart_client, "StalwartClient", client_of_simulator)
    names: dict[str, object] = {}
    for each in lines:
        exec(each, names)  # noqa: S102 - our own lines

    client = names["client"]
    assert isinstance(client, StalwartClient)
    ana = client.mailbox("ana@example.org")
    assert capsys.readouterr().out.startswith("ana@example.org done\nben@example.org The mail server has no such")
    assert (ana.name, ana.lists, [each.name for each in ana.app_passwords]) == ("Ana", ("all@example.org",), ["Phone"])
    assert names["key"] in [key for key in client.dkim.keys("example.org") if key.stage is DkimStage.PENDING]


def test_it_names_all_that_the_library_needs() -> None:
    imported = {name.partition(".")[0] for path in PACKAGE.glob("*.py") for name in imports(path)}

    needed = imported - sys.stdlib_module_names - {"stalwart_client"}

    (told,) = re.findall(r"Needs Python 3\.11, ([^.]+?), and nothing", README)
    assert needed == set(re.split(r", | and ", told))


def imports(path: Path) -> list[str]:
    """Return what a module imports."""
    tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    plain = [alias.name for node in tree if isinstance(node, ast.Import) for alias in node.names]
    return plain + [node.module for node in tree if isinstance(node, ast.ImportFrom) and node.module]
