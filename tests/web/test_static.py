"""The files that pages load: all there, all ours to serve, none that leads elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

STATIC = Path(settings.BASE_DIR, "static")
SPRITE = (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")


def _sources() -> str:
    """Return everything that can name an icon."""
    folders = [("templates", "*.html"), ("accounts/queries", "*.py"), ("accounts/templatetags", "*.py")]
    return "".join(
        path.read_text(encoding="utf-8")
        for folder, pattern in folders
        for path in Path(settings.BASE_DIR, folder).rglob(pattern)
    )


def test_every_icon_that_is_drawn_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'{% icon "([^"]+)"', _sources()))
    marks = {f"st-{name}" for name in re.findall(r'{% mark "([^"]+)"', _sources())}

    assert (drawn | marks) - set(re.findall(r'<symbol id="([^"]+)"', SPRITE)) == set()


def test_the_sprite_holds_only_what_is_drawn() -> None:
    sources = _sources()
    unused = [
        name for name in re.findall(r'<symbol id="([^"]+)"', SPRITE) if f'"{name.removeprefix("st-")}"' not in sources
    ]

    states = {"scheduled", "active", "suspended", "ended", "closed", "purged"}
    assert [name for name in unused if name.removeprefix("st-") not in states] == []


def test_other_peoples_files_are_listed_with_their_licence() -> None:
    listed = json.loads((STATIC / "vendor" / "manifest.json").read_text(encoding="utf-8"))

    folders = {path.name for path in (STATIC / "vendor").iterdir() if path.is_dir()}
    assert {entry["name"] for entry in listed if entry["folder"]} == folders
    for entry in listed:
        assert entry["version"]
        assert entry["licence"]
        assert not entry["folder"] or (STATIC / "vendor" / entry["folder"] / "LICENSE").is_file()


def test_styles_and_scripts_point_to_nowhere_else() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert "sourceMappingURL" not in text, path
        assert not re.search(r"url\(\s*['\"]?https?:", text), path
        assert "@import" not in text, path


def test_the_files_can_be_collected_with_their_hashes(
    tmp_path: Path, settings: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.STATIC_ROOT = tmp_path  # type: ignore[attr-defined]
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }

    call_command("collectstatic", interactive=False, verbosity=0)

    manifest = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))
    assert {"css/tokens.css", "img/icons.svg", "django_htmx/htmx-2.min.js"} <= manifest["paths"].keys()
