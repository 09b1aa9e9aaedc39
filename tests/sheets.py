"""Sheets as text, for tests that bring one."""

from __future__ import annotations

from pathlib import Path

SAMPLE = (Path(__file__).parent.parent / "docs" / "examples" / "roster-2026-spring.csv").read_bytes()
_LINE = "{name},{number},18/12/2026,Spring audit,lead@metrosure.app"


def sheet_of(*people: str, start: int = 1, line: str = _LINE) -> bytes:
    """Write a sheet of good rows, numbered from `start`."""
    rows = [line.format(name=name, number=f"MS-{number}") for number, name in enumerate(people, start=start)]
    return "\n".join(["Name,Employee no,Last day,Campaign,Owner", *rows]).encode()
