"""The state in a file: one row an object, shared by any number of processes without a lost write."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from stalwart_client.simulator.tables import Doc

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    kind TEXT NOT NULL, id INTEGER NOT NULL, doc TEXT, version INTEGER NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS object_version ON object (version);
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted (key TEXT PRIMARY KEY, clock_window INTEGER, count INTEGER) WITHOUT ROWID;
"""

Change = tuple[str, int, Doc | None]
"""Kind, id and the object, None for one that was deleted."""


class Store:
    """A SQLite file. Who writes takes its write lock first and reads what others wrote before that."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        # WAL lets others read during a write; without a sync at every commit a power cut may lose the last
        # second, which a simulator may, but never leaves half a write.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)
        self._version = 0
        self._seen: int | None = None

    def lock(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def unlock(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def news(self) -> Iterator[Change]:
        """Yield what other processes have written since we last looked."""
        (seen,) = self._connection.execute("PRAGMA data_version").fetchone()
        if seen == self._seen:
            return
        rows = self._connection.execute(
            "SELECT kind, id, doc, version FROM object WHERE version > ? ORDER BY version", [self._version]
        ).fetchall()
        for kind, number, doc, version in rows:
            self._version = version
            yield kind, number, None if doc is None else json.loads(doc)
        self._seen = seen

    def forget(self) -> None:
        """Make the next `news` tell everything again."""
        self._version, self._seen = 0, None

    def save(self, changes: Sequence[Change]) -> None:
        """Write changes and end the transaction that `lock` began."""
        version = self._version + bool(changes)
        self._connection.executemany(
            "INSERT INTO object (kind, id, doc, version) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (kind, id) DO UPDATE SET doc = excluded.doc, version = excluded.version",
            [(kind, number, None if doc is None else json.dumps(doc), version) for kind, number, doc in changes],
        )
        self._connection.execute("COMMIT")
        self._version = version

    def fact(self, name: str) -> str | None:
        row = self._connection.execute("SELECT value FROM fact WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def remember(self, name: str, value: str) -> None:
        self._connection.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", [name, value])

    def count(self, key: str, window: int) -> int:
        """Count one more in a window of the clock, over all processes, and return how many that makes."""
        row = self._connection.execute(
            "INSERT INTO counted (key, clock_window, count) VALUES (?, ?, 1) ON CONFLICT (key) DO UPDATE SET"
            " count = CASE WHEN clock_window = excluded.clock_window THEN count + 1 ELSE 1 END,"
            " clock_window = excluded.clock_window RETURNING count",
            [key, window],
        ).fetchall()[0]
        return int(row[0])

    def forget_counts(self, beginning: str) -> None:
        self._connection.execute("DELETE FROM counted WHERE substr(key, 1, ?) = ?", [len(beginning), beginning])

    def close(self) -> None:
        self._connection.close()
