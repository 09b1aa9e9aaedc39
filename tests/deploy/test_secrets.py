"""`deploy/make-secrets` makes every secret that docker-compose.yml hands over, and changes none that is there."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from tests.compose import ROOT, compose

SCRIPT = str(ROOT / "deploy" / "make-secrets")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run((SCRIPT, str(tmp_path / "secrets")), check=True, capture_output=True)  # noqa: S603 - our own script
    return tmp_path / "secrets"


def test_it_makes_what_the_containers_are_handed(folder: Path) -> None:
    wanted = {Path(secret["file"]).name for secret in compose()["secrets"].values()}

    assert {path.name for path in folder.iterdir()} == wanted
    assert len((folder / "secret_key").read_text()) == len((folder / "postgres_password").read_text()) == 44
    Fernet((folder / "field_keys").read_text())  # raises for what is no key


def test_the_folder_is_its_owners_and_the_containers_can_read_the_files(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o644}


def test_what_is_there_stays(folder: Path) -> None:
    before = {path.name: path.read_text() for path in folder.iterdir()}

    subprocess.run((SCRIPT, str(folder)), check=True, capture_output=True)  # noqa: S603 - our own script

    assert {path.name: path.read_text() for path in folder.iterdir()} == before
