"""What accounts are searched by, in a table of its own that finds parts of words among 100,000 of them at once.

The database keeps it: triggers follow every change of an account, its second addresses and its campaign's name,
whoever makes it. SQLite has a full-text table of trigrams, Postgres a table with an index of trigrams (pg_trgm; where
that extension is not to be had, a search reads the table instead). All of it is made and filled after migrating, and
taken away before: a migration that rebuilds a table on SQLite drops its triggers, and stumbles over those of others.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.db import connection, connections, transaction

_SHORTEST = 3
"""Shorter words have no trigram."""
_SQLITE_HAS_TRIGRAMS = sqlite3.sqlite_version_info >= (3, 34)
"""Older ones read all accounts for a search."""

_TEXT = """
    SELECT account.name || ' ' || account.address || ' ' || account.owner || ' ' || account.purpose || ' ' ||
        coalesce((SELECT name FROM accounts_campaign WHERE id = account.campaign_id), '') || ' ' ||
        coalesce((SELECT JOINED(address, ' ') FROM accounts_alias WHERE account_id = account.id), '')
    FROM accounts_account account WHERE account.id = NUMBER
"""
_EVENTS = {
    "search_account_made": "AFTER INSERT ON accounts_account",
    "search_account_changed": "AFTER UPDATE OF name, address, owner, purpose, campaign_id ON accounts_account",
    "search_account_deleted": "AFTER DELETE ON accounts_account",
    "search_alias_made": "AFTER INSERT ON accounts_alias",
    "search_alias_changed": "AFTER UPDATE ON accounts_alias",
    "search_alias_deleted": "AFTER DELETE ON accounts_alias",
    "search_campaign_renamed": "AFTER UPDATE OF name ON accounts_campaign",
}
_SQLITE_WRITE = "UPDATE accounts_search SET text = (TEXT) WHERE rowid = NUMBER"
_SQLITE_STEPS = {
    "search_account_made": "INSERT INTO accounts_search (rowid, text) VALUES (NEW.id, (TEXT))".replace(
        "TEXT", _TEXT.replace("NUMBER", "NEW.id")
    ),
    "search_account_changed": _SQLITE_WRITE.replace("TEXT", _TEXT).replace("NUMBER", "NEW.id"),
    "search_account_deleted": "DELETE FROM accounts_search WHERE rowid = OLD.id",
    "search_alias_made": _SQLITE_WRITE.replace("TEXT", _TEXT).replace("NUMBER", "NEW.account_id"),
    "search_alias_changed": _SQLITE_WRITE.replace("TEXT", _TEXT).replace("NUMBER", "NEW.account_id"),
    "search_alias_deleted": _SQLITE_WRITE.replace("TEXT", _TEXT).replace("NUMBER", "OLD.account_id"),
    "search_campaign_renamed": """
        UPDATE accounts_search SET text = (TEXT)
        WHERE rowid IN (SELECT id FROM accounts_account WHERE campaign_id = NEW.id)
    """.replace("TEXT", _TEXT.replace("NUMBER", "accounts_search.rowid")),
}
_SQLITE = [
    "CREATE VIRTUAL TABLE accounts_search USING fts5(text, tokenize = 'trigram')",
    "INSERT INTO accounts_search (rowid, text) SELECT id, (TEXT) FROM accounts_account whose".replace(
        "TEXT", _TEXT.replace("NUMBER", "whose.id")
    ),
    *(f"CREATE TRIGGER {name} {event} BEGIN {_SQLITE_STEPS[name]}; END" for name, event in _EVENTS.items()),
]
_SQLITE_AWAY = [*(f"DROP TRIGGER IF EXISTS {name}" for name in _EVENTS), "DROP TABLE IF EXISTS accounts_search"]
_POSTGRES_FUNCTIONS = """
CREATE FUNCTION accounts_search_write(number bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO accounts_search SELECT number, lower((TEXT)) ON CONFLICT (account_id) DO UPDATE SET text = EXCLUDED.text
$$;
CREATE FUNCTION accounts_search_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'accounts_campaign' THEN
        PERFORM accounts_search_write(id) FROM accounts_account WHERE campaign_id = NEW.id;
    ELSIF TG_TABLE_NAME = 'accounts_account' AND TG_OP = 'DELETE' THEN
        DELETE FROM accounts_search WHERE account_id = OLD.id;
    ELSIF TG_TABLE_NAME = 'accounts_account' THEN
        PERFORM accounts_search_write(NEW.id);
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM accounts_search_write(id) FROM accounts_account WHERE id = OLD.account_id;
    ELSE
        PERFORM accounts_search_write(NEW.account_id);
    END IF;
    RETURN NULL;
END $$
""".replace("TEXT", _TEXT.replace("JOINED", "string_agg").replace("NUMBER", "number"))
_POSTGRES = [
    "CREATE TABLE accounts_search (account_id bigint PRIMARY KEY, text text NOT NULL)",
    _POSTGRES_FUNCTIONS,
    "INSERT INTO accounts_search SELECT id, lower((TEXT)) FROM accounts_account whose".replace(
        "TEXT", _TEXT.replace("JOINED", "string_agg").replace("NUMBER", "whose.id")
    ),
    *(
        f"CREATE TRIGGER {name} {event} FOR EACH ROW EXECUTE FUNCTION accounts_search_follow()"
        for name, event in _EVENTS.items()
    ),
    """
    DO $$ BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
        CREATE INDEX accounts_search_text ON accounts_search USING gin (text gin_trgm_ops);
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
        RAISE NOTICE 'pg_trgm is not to be had: a search reads all accounts';
    END $$
    """,
]
_POSTGRES_AWAY = [
    "DROP FUNCTION IF EXISTS accounts_search_follow CASCADE",
    "DROP FUNCTION IF EXISTS accounts_search_write",
    "DROP TABLE IF EXISTS accounts_search",
]


def take_away(using: str = "default", plan: Sequence[object] = (), **_: Any) -> None:
    """Before tables change, drop everything that refers to them."""
    if plan:
        _do(using, _POSTGRES_AWAY if connections[using].vendor == "postgresql" else _SQLITE_AWAY)


def make(using: str = "default", **_: Any) -> None:
    """Make and fill what is missing, once there are accounts to search for."""
    known = set(connections[using].introspection.table_names())
    if connections[using].vendor == "sqlite" and not _SQLITE_HAS_TRIGRAMS:
        return
    if "accounts_campaign" in known and "accounts_search" not in known:
        _do(using, _POSTGRES if connections[using].vendor == "postgresql" else _SQLITE)


def numbers_with(words: Sequence[str], most: int) -> list[int]:
    """Return the numbers of accounts that have all of these words somewhere; at most so many."""
    question, values = _asked(words)
    with connection.cursor() as cursor:
        cursor.execute(f"{question} LIMIT %s", [*values, most])
        return [number for (number,) in cursor.fetchall()]


def _asked(words: Sequence[str]) -> tuple[str, list[str]]:
    if connection.vendor == "postgresql":
        like = " AND ".join(["text LIKE lower(%s)"] * len(words))
        return f"SELECT account_id FROM accounts_search WHERE {like}", [_pattern(word) for word in words]  # noqa: S608 - placeholders only
    if not _SQLITE_HAS_TRIGRAMS:
        text = _TEXT.replace("JOINED", "group_concat").replace("NUMBER", "whose.id")
        like = " AND ".join([rf"({text}) LIKE %s ESCAPE '\'"] * len(words))
        return f"SELECT whose.id FROM accounts_account whose WHERE {like}", [_pattern(word) for word in words]  # noqa: S608 - placeholders only
    if all(len(word) >= _SHORTEST for word in words):
        phrases = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
        return "SELECT rowid FROM accounts_search WHERE accounts_search MATCH %s", [phrases]
    # The full-text table keeps the text in a plain one beside it, which is read through much faster.
    like = " AND ".join([r"c0 LIKE %s ESCAPE '\'"] * len(words))
    return f"SELECT id FROM accounts_search_content WHERE {like}", [_pattern(word) for word in words]  # noqa: S608 - placeholders only


def _do(using: str, statements: Sequence[str]) -> None:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement.replace("JOINED", "group_concat"), None)


def _pattern(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
