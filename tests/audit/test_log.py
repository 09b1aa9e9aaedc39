"""The log can only grow, says when it was touched, and forgets a person without breaking."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.audit import Action
from accounts.domain.people import Actor
from accounts.models import AuditDetail, AuditEvent

pytestmark = pytest.mark.django_db

SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def events(hr: Actor, now: datetime) -> list[AuditEvent]:
    return [
        audit.record(
            Action.TERM_CHANGED,
            by=hr,
            at=now,
            subject=f"{name}@metrosure.app",
            reason="moved a week",
            before={"ends_at": now},
            after={"ends_at": now, "quota": 5},
        )
        for name in ("thandi", "zanele", "lwazi")
    ]


def test_an_untouched_log_is_unbroken(events: list[AuditEvent]) -> None:
    assert audit.verify() == audit.Verdict(entries=3, first_bad=None)


def test_an_empty_log_is_unbroken() -> None:
    assert audit.verify() == audit.Verdict(entries=0, first_bad=None)


def test_it_says_who_did_what_from_where_and_why(events: list[AuditEvent]) -> None:
    detail = AuditDetail.objects.select_related("event").get(event=events[0])

    assert (detail.actor, detail.client, detail.reason) == ("lerato", "10.20.4.18", "moved a week")
    assert (detail.event.request_id, detail.subject) == ("req-1", "thandi@metrosure.app")


_FORBIDDEN = {
    "change an event": "UPDATE accounts_auditevent SET action = 'x' WHERE id = 2",
    "delete an event": "DELETE FROM accounts_auditevent WHERE id = 3",
    "change a value": "UPDATE accounts_auditdetail SET actor = 'x' WHERE event_id = 2",
    "change a key": 'UPDATE accounts_auditdetail SET keys = \'{"actor": "x"}\' WHERE event_id = 2',
    "delete values": "DELETE FROM accounts_auditdetail WHERE event_id = 2",
    "replace an event": "INSERT OR REPLACE INTO accounts_auditevent SELECT * FROM accounts_auditevent WHERE id = 2"
    if SQLITE
    else "TRUNCATE accounts_auditevent CASCADE",
}


@pytest.mark.parametrize("statement", _FORBIDDEN.values(), ids=_FORBIDDEN)
def test_the_database_refuses(events: list[AuditEvent], statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert audit.verify().unbroken


def _behind_the_triggers(statement: str) -> None:
    """Do what somebody with the database file in hands can do."""
    with connection.cursor() as cursor:
        if SQLITE:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)


_ONLY_ON_SQLITE = [  # Postgres keeps the types of its columns
    ("UPDATE accounts_auditevent SET at = 'yesterday' WHERE id = 2", 2),
    ("UPDATE accounts_auditevent SET at = '2026-13-45 00:00:00' WHERE id = 2", 2),
    ("UPDATE accounts_auditevent SET action = x'ff00fe' WHERE id = 3", 3),
    ("PRAGMA ignore_check_constraints = 1; UPDATE accounts_auditevent SET digests = '{' WHERE id = 2", 2),
]


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE accounts_auditevent SET action = 'signed_in' WHERE id = 2", 2),
        ("UPDATE accounts_auditevent SET account_id = 7 WHERE id = 3", 3),
        ("UPDATE accounts_auditdetail SET actor = 'somebody' WHERE event_id = 2", 2),
        ("UPDATE accounts_auditdetail SET reason = '' WHERE event_id = 1", 1),
        ("DELETE FROM accounts_auditdetail WHERE event_id = 2", 2),
        ("DELETE FROM accounts_auditdetail WHERE event_id = 3; DELETE FROM accounts_auditevent WHERE id = 3", 3),
        ("DELETE FROM accounts_auditdetail WHERE event_id = 2; DELETE FROM accounts_auditevent WHERE id = 2", 2),
        ("DELETE FROM accounts_auditdetail; DELETE FROM accounts_auditevent", 1),
        ("UPDATE accounts_audithead SET event_id = 2", 3),
        ("UPDATE accounts_audithead SET hash = ''", 3),
        ("UPDATE accounts_auditdetail SET keys = '[]' WHERE event_id = 2", 2),
        *(_ONLY_ON_SQLITE if SQLITE else ()),
    ],
)
def test_what_was_done_behind_the_triggers_is_named(events: list[AuditEvent], statement: str, first_bad: int) -> None:
    for part in statement.split(";"):
        _behind_the_triggers(part)

    verdict = audit.verify()

    assert (verdict.unbroken, verdict.first_bad) == (False, first_bad)


def test_a_persons_values_can_be_erased_and_the_chain_still_holds(events: list[AuditEvent]) -> None:
    audit.erase_values(events[1], "subject", "before", "after", "reason")

    detail = AuditDetail.objects.get(event=events[1])
    assert (detail.subject, detail.after, detail.actor) == (None, None, "lerato")
    assert set(detail.keys) == {"actor", "client"}
    assert audit.verify() == audit.Verdict(entries=3, first_bad=None)


def test_an_event_lives_and_dies_with_its_change(hr: Actor, now: datetime) -> None:
    with transaction.atomic():
        audit.record(Action.SIGNED_IN, by=hr, at=now)
        transaction.set_rollback(True)

    assert audit.verify().entries == 0
