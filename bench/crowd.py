"""A panel as full as the design allows: accounts in all states, their log, and many differences.

Everything is written straight into the tables, so events are chained to nothing: only pages are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.audit import Action
from accounts.domain.drift import Difference
from accounts.domain.lifecycle import LOCKED_STATES, State
from accounts.models import (
    Account,
    Alias,
    AuditHead,
    Batch,
    Campaign,
    Drift,
    ImportFile,
    Kind,
    MailDomain,
    Operation,
    Profile,
    Pulse,
    Status,
)

DOMAINS = ["metrosure.app", "shop.metrosure.app", "visits.example.org", "agents.example.org", "old.example.org"]
# fmt: off
FIRST = [
    "Thandi", "Mpho", "Zanele", "Lwazi", "Sipho", "Ayanda", "Nomsa", "Bongani", "Lerato", "Kagiso", "Naledi", "Tshepo",
    "Ané", "Riaan", "Chloé", "Pieter", "Anika", "Johan", "Marlene", "Willem", "Priya", "Kiran", "Yusuf", "Fatima",
    "Imraan", "Aisha", "Devon", "Shireen", "Craig", "Megan",
]
LAST = [
    "Nkosi", "Dlamini", "Radebe", "Dube", "Mokoena", "Khumalo", "Ndlovu", "Sithole", "Mahlangu", "Molefe", "Coetzee",
    "Botha", "Müller", "Pillay", "Naidoo", "Patel", "Jacobs", "Adams", "Petersen", "Smith", "Venter", "Steyn", "Fourie",
    "Cele", "Zulu", "Maseko", "Tshabalala", "Moyo", "Phiri", "Baloyi",
]
# fmt: on
PURPOSES = ["Visits to pharmacies", "Mystery shopping, banks", "Call centre", "Fuel stations", "Spring audit", ""]
CAMPAIGNS = 200
_PAGE = 1000
_OF_100 = (
    [(State.PURGED, 40), (State.CLOSED, 15), (State.ENDED, 5), (State.ACTIVE, 30), (State.SUSPENDED, 5)],
    State.SCHEDULED,
)
_DAY = timedelta(days=1)
_ACTIONS = [Action.ACCOUNT_CREATED, Action.MAILBOX_CHANGED, Action.TERM_CHANGED, Action.STATE_CHANGED, Action.SIGNED_IN]
_EVENTS = """
WITH RECURSIVE numbers(n) AS (SELECT %(first)s UNION ALL SELECT n + 1 FROM numbers WHERE n < %(last)s)
INSERT INTO accounts_auditevent (id, at, action, account_id, request_id, digests, previous, hash)
SELECT n, %(at)s, %(action)s, 1 + (n * 1327) %% %(accounts)s, '', '{}', '', CAST(n AS text) FROM numbers
"""
_DETAILS = """
WITH RECURSIVE numbers(n) AS (SELECT %(first)s UNION ALL SELECT n + 1 FROM numbers WHERE n < %(last)s)
INSERT INTO accounts_auditdetail (event_id, keys, actor, subject, client, reason, before, after)
SELECT n, '{}', %(actor)s, (SELECT address FROM accounts_account WHERE id = 1 + (n * 1327) %% %(accounts)s),
    '10.20.4.18', '', '{"name": "Before"}', '{"name": "After"}' FROM numbers
"""


def fill(accounts: int, events: int, drifts: int, now: datetime) -> None:
    """Make everything in an empty database."""
    _surroundings(now)
    _accounts(accounts, now)
    _events(events, accounts, now)
    _drifts(drifts, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def name_of(number: int) -> str:
    return f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"


def address_of(number: int) -> str:
    first, last = name_of(number).lower().encode("ascii", "ignore").decode().split()
    return f"{first}.{last}{number}@{DOMAINS[number % len(DOMAINS)]}"


def state_of(number: int) -> State:
    """Return states in the shares of a panel that has been in use for years."""
    place = number * 37 % 100
    for state, share in _OF_100[0]:
        if place < share:
            return state
        place -= share
    return _OF_100[1]


def _surroundings(now: datetime) -> None:
    MailDomain.objects.bulk_create(MailDomain(name=name, created_at=now, seen_at=now) for name in DOMAINS)
    Campaign.objects.bulk_create(
        Campaign(name=f"Campaign {number}", owner="riaan.botha", ends_at=now + 30 * _DAY, created_at=now)
        for number in range(CAMPAIGNS)
    )
    Pulse.objects.bulk_create(Pulse(name=name, at=now) for name in ("server", "sweep", "sync", "locks", "runner"))
    for number in range(300):
        batch = Batch.objects.create(kind="import", title=f"Sheet {number}", state="done", created_at=now)
        ImportFile.objects.create(
            name=f"sheet {number}.xlsx", form="XLSX", headings=[], columns=[], uploaded_at=now, batch=batch
        )


def _accounts(number: int, now: datetime) -> None:
    profile, domains = Profile.objects.standard(), {each.name: each for each in MailDomain.objects.all()}
    campaigns = list(Campaign.objects.order_by("pk"))
    numbers = iter(range(number))
    while some := list(islice(numbers, _PAGE)):
        made = [_account(n, profile, domains, campaigns, now) for n in some]
        Account.objects.bulk_create(made)
        Alias.objects.bulk_create(
            Alias(account=each, address=f"also.{each.address}")
            for n, each in zip(some, made, strict=True)
            if not n % 10
        )
        Operation.objects.bulk_create(_operation(n, each, now) for n, each in zip(some, made, strict=True))


def _account(
    number: int, profile: Profile, domains: dict[str, MailDomain], campaigns: list[Campaign], now: datetime
) -> Account:
    state, address = state_of(number), address_of(number)
    starts_at, ends_at = _term(state, number, now)
    account = Account(
        address=address,
        domain=domains[address.partition("@")[2]],
        profile=profile,
        campaign=campaigns[number % CAMPAIGNS] if number % 3 else None,
        name=name_of(number),
        owner=f"{FIRST[number % 17].lower()}.lead@example.org",
        purpose=PURPOSES[number % len(PURPOSES)],
        starts_at=starts_at,
        ends_at=ends_at,
        grace_days=14,
        retention_days=90,
        suspended_at=now - _DAY if state is State.SUSPENDED else None,
        purged_at=now - _DAY if state is State.PURGED else None,
        created_at=starts_at,
        mailbox_exists=state is not State.PURGED,
        mailbox_locked=None if state is State.PURGED else state in LOCKED_STATES,
        mailbox_seen_at=now,
        mailbox_asked_at=starts_at,
        mailbox_used=number * 1000,
    )
    account.live(account.life, now)
    return account


def _term(state: State, number: int, now: datetime) -> tuple[datetime, datetime]:
    """Return a term that makes it this state, whatever the number."""
    some, later = number % 60 * _DAY, timedelta(seconds=number)
    ends = {
        State.SCHEDULED: now + 40 * _DAY + some,
        State.ACTIVE: now + _DAY + 2 * some + later % _DAY,
        State.SUSPENDED: now + _DAY + some,
        State.ENDED: now - _DAY - number % 12 * _DAY,
        State.CLOSED: now - 20 * _DAY - number % 80 * _DAY,
        State.PURGED: now - 120 * _DAY - number % 700 * _DAY,
    }[state]
    return (now + 3 * _DAY + some / 10 if state is State.SCHEDULED else ends - 200 * _DAY), ends


def _operation(number: int, account: Account, now: datetime) -> Operation:
    status = Status.FAILED if number % 2000 == 7 else Status.PENDING if number % 500 == 1 else Status.DONE
    return Operation(
        id=UUID(int=number),
        kind=Kind.MAILBOX,
        account=account,
        cause=Action.STATE_CHANGED,
        status=status,
        attempts=1,
        due_at=now,
        created_at=now - timedelta(seconds=number),
        settled_at=None if status is Status.PENDING else now,
        error_code="invalid" if status is Status.FAILED else "",
    )


def _events(events: int, accounts: int, now: datetime) -> None:
    """Spread events over two years, so many at each moment; nothing but the database can do it fast enough."""
    actors = [f"{name.lower()}.staff" for name in FIRST[:20]]
    with connection.cursor() as cursor:
        for number, first in enumerate(_firsts(events)):
            values: dict[str, Any] = {
                "first": first,
                "last": min(first + _PAGE - 1, events),
                "at": now - 730 * _DAY * (1 - first / events),
                "action": _ACTIONS[number % len(_ACTIONS)],
                "accounts": accounts,
                "actor": actors[number % len(actors)],
            }
            cursor.execute(_EVENTS, values)
            cursor.execute(_DETAILS, values)
    AuditHead.objects.update_or_create(pk=1, defaults={"event_id": events})


def _firsts(events: int) -> Iterator[int]:
    return iter(range(1, events + 1, _PAGE))


def _drifts(drifts: int, now: datetime) -> None:
    """Mailboxes of nobody, and one in ten that differs."""
    there = {"used": 10**7, "has_password": True, "ours": False, "name": "Somebody", "locked": False, "aliases": []}
    alone = {name: {"there": value} for name, value in there.items()}
    quota = {"quota": {"here": 10**9, "there": 2 * 10**9}}
    differing = Account.objects.exclude(state=State.PURGED).values_list("pk", "address").order_by("pk")
    found = [
        Drift(kind=Difference.DIFFERENT, address=address, account_id=pk, fields=quota, first_seen_at=now, seen_at=now)
        for pk, address in differing[: drifts // 10]
    ]
    for number in range(drifts - len(found)):
        address = f"nobody{number}@{DOMAINS[number % len(DOMAINS)]}"
        found.append(Drift(kind=Difference.ONLY_THERE, address=address, fields=alone, first_seen_at=now, seen_at=now))
    Drift.objects.bulk_create(found, batch_size=_PAGE)
