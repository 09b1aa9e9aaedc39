"""What the server writes down about itself, and how both generations show it (rest.md 4.5, jmap.md 4.12)."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from itertools import count
from typing import Final

KEPT: Final = 5000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; `event` is the sentence that 0.15 shows beside the id."""

    number: int
    timestamp: str
    level: str
    event: str
    event_id: str
    details: str

    def has(self, text: str) -> bool:
        """Say whether the line contains a text, letter for letter."""
        return text in f"{self.timestamp} {self.level.upper()} {self.event} ({self.event_id}) {self.details}"


class Log:
    """The last lines, in memory only: a log is not part of what a server knows."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._numbers = count(1)
        self._lock = threading.Lock()

    def write(self, timestamp: str, level: str, event: str, event_id: str, details: str) -> None:
        """Add a line."""
        with self._lock:
            self._entries.append(Entry(next(self._numbers), timestamp, level, event, event_id, details))

    def newest_first(self, text: str = "") -> list[Entry]:
        """Return the lines that contain a text."""
        with self._lock:
            return [entry for entry in reversed(self._entries) if entry.has(text)]
