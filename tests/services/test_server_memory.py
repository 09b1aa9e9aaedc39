"""How much memory the mail server takes is measured on this machine, or said to be unknown with the reason."""

from __future__ import annotations

import resource
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts import mailserver
from accounts.models import Pulse
from accounts.queries import pulses
from accounts.services import server_memory
from stalwart_client.simulator import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three processes as the kernel shows them, one of which is going away."""
    for number, name, pages in (("12", "stalwart", "9000 5120 9"), ("13", "postgres", "9 9 9"), ("14", "stalwart", "")):
        folder = tmp_path / number
        folder.mkdir()
        (folder / "comm").write_text(f"{name}\n")
        (folder / "statm").write_text(pages)
    (tmp_path / "15").mkdir()
    monkeypatch.setattr(server_memory, "_PROC", tmp_path)
    return tmp_path


@pytest.fixture
def real(settings: Settings) -> Settings:
    mailserver.forget()
    settings.STALWART_URL = "http://127.0.0.1:8080"
    return settings


def test_a_server_on_this_machine_is_measured(processes: Path, real: Settings, now: datetime) -> None:
    server_memory.note(now)

    bytes_ = 5120 * resource.getpagesize()
    assert Pulse.objects.get(name="memory").facts == {"bytes": bytes_}
    assert pulses.machinery(now).memory.words == "20 MB"


def test_one_that_is_not_seen_is_unknown(processes: Path, real: Settings, now: datetime) -> None:
    (processes / "12" / "comm").write_text("other\n")

    server_memory.note(now)

    assert pulses.machinery(now).memory.because == "its process is not to be seen from here"


def test_one_on_another_machine_is_unknown(processes: Path, real: Settings, now: datetime) -> None:
    real.STALWART_URL = "https://mail.example.org"

    server_memory.note(now)

    assert pulses.machinery(now).memory.because == "it runs on another machine, and does not tell"


def test_a_simulated_one_is_part_of_the_panel(server: Simulator, now: datetime) -> None:
    before = pulses.machinery(now).memory.because
    server_memory.note(now)

    assert before == "nobody has looked yet"
    assert pulses.machinery(now).memory.because == "it is simulated inside of this panel"
