"""The zone files of the demo answer in place of name servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from accounts import lookups
from accounts.domain.dns.records import SILENCE, Outcome, Question
from accounts.lookups import Asker

ZONE = """
example.org. 3600 IN MX 10 mail.example.org.
mail.example.org. 3600 IN A 192.0.2.25
www.example.org. 3600 IN CNAME mail.example.org.
example.org. 3600 IN TXT "v=spf1 mx" " -all"
"""


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.DEMO_ZONES = tmp_path / "demo-zones"
    settings.DEMO_ZONES.mkdir()
    (settings.DEMO_ZONES / "example.org.zone").write_text(ZONE, encoding="utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("example.org.", "MX", ("10 mail.example.org.",)),
        ("example.org.", "TXT", ("v=spf1 mx -all",)),
        ("www.example.org.", "A", ("192.0.2.25",)),
        ("nothing.example.org.", "A", ()),
    ],
)
def test_an_answer_is_what_the_file_says(name: str, kind: str, values: tuple[str, ...]) -> None:
    question = Question(name, kind)

    look = lookups.asker().look("example.org")
    seen = look.ask([question])[question]

    assert (look.zone, seen.own.values, seen.public.values) == ("example.org.", values, values)
    assert seen.own.outcome is (Outcome.FOUND if values else Outcome.NOTHING)


@pytest.mark.usefixtures("folder")
def test_a_name_without_a_file_is_neither_there_nor_missing() -> None:
    question = Question("example.net.", "MX")

    assert lookups.asker().look("example.net").ask([question])[question].best == SILENCE


def test_without_files_name_servers_are_asked(settings: Settings, tmp_path: Path) -> None:
    settings.DEMO_ZONES = tmp_path / "demo-zones"

    assert type(lookups.asker()) is Asker
