"""Bytes to a sheet: which kind of file it is, and the guards that come before anything is opened."""

from __future__ import annotations

from accounts.domain.errors import RuleBroken
from accounts.domain.sheets import text, workbook
from accounts.domain.sheets.sheet import LARGEST_FILE, Sheet

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
"""Excel before 2007, and any workbook that is locked with a password."""
_NO_SHEETS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"{\\rtf",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x7fELF",
    b"MZ",
)


def read(data: bytes) -> Sheet:
    """Read a file of cells; what it is, its first bytes say, not its name.

    :raises RuleBroken: with the field `file`, if it is no sheet or more than can be looked at
    """
    if len(data) > LARGEST_FILE:
        raise RuleBroken("sheet_too_large", field="file", megabytes=LARGEST_FILE // 1024**2)
    if not data.strip():
        raise RuleBroken("sheet_empty", field="file")
    if data.startswith(_OLD_OFFICE):
        raise RuleBroken("sheet_old_or_locked", field="file")
    if data.startswith(_NO_SHEETS):
        raise RuleBroken("sheet_not_one", field="file")
    return workbook.read(data) if data.startswith((_ZIP, _EMPTY_ZIP)) else text.read(data)
