"""How much memory the mail server takes: told by this machine, where the server runs on it."""

from __future__ import annotations

import resource
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from accounts import mailserver
from accounts.models import Pulse

MEMORY = "memory"
_NAME = "stalwart"
"""What its process is called; the kernel keeps 15 letters of a name."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_PROC = Path("/proc")


def note(now: datetime) -> None:
    """Keep how much memory it takes, or why that is not known, for the pages."""
    Pulse.objects.update_or_create(name=MEMORY, defaults={"at": now, "facts": _facts()})


def _facts() -> dict[str, int | str]:
    if mailserver.is_simulated():
        return {"unknown": "simulated"}
    if urlsplit(settings.STALWART_URL).hostname not in _HERE:
        return {"unknown": "elsewhere"}
    found = [_resident(process) for process in _PROC.glob("[0-9]*") if _is_server(process)]
    return {"bytes": sum(found)} if any(found) else {"unknown": "not_seen"}


def _is_server(process: Path) -> bool:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").startswith(_NAME)
    except OSError:
        return False  # it ended meanwhile


def _resident(process: Path) -> int:
    """Return the bytes that a process holds in memory; the second number of `statm` counts pages."""
    try:
        return int((process / "statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0
