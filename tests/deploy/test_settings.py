"""Settings that only containers need."""

from __future__ import annotations

from pathlib import Path

import pytest

from metrosure_admin import settings


@pytest.fixture
def password_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "postgres_password"
    monkeypatch.setenv("DATABASE_URL", "postgres://panel:of-the-address@postgres:5432/panel")
    monkeypatch.setenv("DATABASE_PASSWORD_FILE", str(path))
    return path


def test_the_password_of_the_database_comes_from_its_file(password_file: Path) -> None:
    password_file.write_text("p@ss/word:1\n")

    database = settings._database()

    assert {name: database[name] for name in ("HOST", "USER", "NAME", "PASSWORD")} == {
        "HOST": "postgres", "USER": "panel", "NAME": "panel", "PASSWORD": "p@ss/word:1",
    }  # fmt: skip


def test_without_one_it_is_the_one_of_the_address(password_file: Path) -> None:
    password_file.write_text("")

    assert settings._database()["PASSWORD"] == "of-the-address"
