"""Whose work is shipped with ours is named, with its licence."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_package_that_is_needed_to_run_is_named() -> None:
    needed = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements/base.txt").read_text(encoding="utf-8"), re.MULTILINE)
    named = set(re.findall(r"[\w-]+", (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8").lower()))

    assert len(needed) > 40
    assert set(needed) <= named
