"""The Dockerfile and what it is given: small, without secrets, and not run by root."""

from __future__ import annotations

import re
from fnmatch import fnmatch

import pytest

from tests.compose import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
RUNTIME = DOCKERFILE.rpartition("\nFROM ")[2]


def is_left_out(path: str) -> bool:
    """Read patterns as Docker does: they start at the top, unless they begin with **/."""
    parts = path.split("/")
    folders = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    anywhere = [pattern.removeprefix("**/") for pattern in IGNORED if pattern.startswith("**/")]
    return _match(folders, IGNORED) or _match(parts, anywhere)


def _match(names: list[str], patterns: list[str]) -> bool:
    return any(fnmatch(name, pattern) for name in names for pattern in patterns)


def test_it_runs_as_a_user_of_its_own_and_builds_nothing() -> None:
    assert re.search(r"^USER panel$", RUNTIME, re.MULTILINE)
    assert "useradd --system --uid 10001" in RUNTIME
    assert "pip" not in RUNTIME
    assert DOCKERFILE.count("\nFROM ") == 2


def test_packages_come_by_their_hashes() -> None:
    assert "--require-hashes -r /tmp/base.txt" in DOCKERFILE


@pytest.mark.parametrize("path", [".env", ".git/config", "secrets/secret_key", "data/keys.json", "tests/conftest.py"])
def test_no_secret_and_no_test_gets_in(path: str) -> None:
    assert is_left_out(path)


@pytest.mark.parametrize("folder", ["accounts", "metrosure_admin", "stalwart_client", "static", "templates", "locale"])
def test_the_whole_program_gets_in(folder: str) -> None:
    files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert files
    assert [str(path) for path in files if is_left_out(str(path.relative_to(ROOT)))] == []
    assert not is_left_out("manage.py")
