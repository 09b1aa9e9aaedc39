"""Every visible sentence stands in the gettext catalogue, so that a translator finds it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

_ROOT = Path(__file__).parent.parent
_CATALOGUE = Path("locale", "en", "LC_MESSAGES", "django.po")


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="gettext is not installed")
def test_the_catalogue_holds_every_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("accounts", "metrosure_admin", "templates"):
        shutil.copytree(_ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / _CATALOGUE).parent.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    call_command("makemessages", locale=["en"], no_location=True, no_wrap=True, verbosity=0)

    kept, found = (_sentences(root / _CATALOGUE) for root in (_ROOT, tmp_path))
    assert sorted(found - kept) == [], "make messages writes them into the catalogue"
    assert sorted(kept - found) == [], "nobody says these any more; make messages takes them out"


def _sentences(path: Path) -> set[str]:
    """Return the msgids of a catalogue, but for its header."""
    found = re.findall(r'^msgid ((?:".*"\n)+)', path.read_text(encoding="utf-8"), re.MULTILINE)
    return {"".join(line[1:-1] for line in msgid.splitlines()) for msgid in found} - {""}
