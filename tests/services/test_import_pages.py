"""Rows of an import that are carried out together end just as if each had been carried out alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction

from accounts.audit import Action
from accounts.domain.people import Actor
from accounts.models import Account, AuditDetail, AuditEvent, Batch, BatchRow, Campaign, MailDomain, Operation
from accounts.services import accounts, batch_work, imports, profiles
from tests.conftest import Clock
from tests.factories import make_account
from tests.sheets import sheet_of

pytestmark = pytest.mark.django_db
PEOPLE = ("Ana Meyer", "Ben Botha", "Cleo Dube", "Dan Smit")
Start = Callable[[bytes], Batch]


@pytest.fixture
def start(hr: Actor, clock: Clock) -> Start:
    """Return what starts a list; its campaign is there, as after the first page of a long one."""
    MailDomain.objects.create(name="metrosure.app", created_at=clock(), seen_at=clock())
    Campaign.objects.create(name="Spring audit", created_at=clock())

    def begin(data: bytes) -> Batch:
        return imports.start_import(imports.upload(name="x.csv", data=data, by=hr, now=clock()).pk, by=hr, now=clock())

    return begin


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note the addresses of the rows that are carried out one by one."""
    seen: list[str] = []
    by_itself = batch_work.HANDLERS[imports.KIND]

    def note(row: BatchRow, *rest: Any) -> Any:
        seen.append(row.subject.partition("@")[0])
        return by_itself(row, *rest)

    monkeypatch.setitem(batch_work.HANDLERS, imports.KIND, note)
    return seen


def work(clock: Clock) -> None:
    while batch_work.work(clock):
        pass


def ends(batch: Batch) -> list[tuple[str, str]]:
    return list(batch.rows.order_by("position").values_list("status", "error"))


def test_together_they_are_what_they_are_one_by_one(
    start: Start, alone: list[str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carried_out() -> list[dict[str, Any]]:
        before = transaction.savepoint()
        batch = start(sheet_of(*PEOPLE))
        work(clock)
        found = [_all_of(row) for row in batch.rows.order_by("position")]
        transaction.savepoint_rollback(before)
        return found

    together, none_alone = carried_out(), list(alone)
    monkeypatch.delitem(batch_work.TOGETHER, imports.KIND)
    apart = carried_out()

    assert (none_alone, len(alone)) == ([], len(PEOPLE))
    assert together == apart


def _all_of(row: BatchRow) -> dict[str, Any]:
    """Return what became of a row: its end, its account, its event and its operation."""
    assert row.account is not None
    # The first to be opened makes the built-in profile; PostgreSQL never gives the number of a row twice.
    account = {name: value for name, value in vars(row.account).items() if name not in {"id", "_state", "profile_id"}}
    event = AuditEvent.objects.get(account_id=row.account_id)
    told = AuditDetail.objects.filter(event=event).values("actor", "subject", "client", "reason", "before", "after")
    operations = Operation.objects.filter(account=row.account_id)
    return {
        "row": (row.status, row.error, row.settled_at, row.lease, row.leased_until, row.attempts),
        "account": account | {"profile": row.account.profile.name},
        "event": (event.action, event.at, event.request_id, told.get()),
        "operation": operations.values("kind", "cause", "status", "due_at", "request_id").get(),
    }


def test_a_campaign_that_is_new_is_made_once_and_told_once(start: Start, alone: list[str], clock: Clock) -> None:
    Campaign.objects.all().delete()
    start(sheet_of(*PEOPLE))

    batch_work.work(clock, limit=2)
    batch_work.work(clock, limit=2)

    assert alone == ["ana.meyer", "ben.botha"]
    assert AuditEvent.objects.filter(action=Action.CAMPAIGN_CREATED).count() == 1
    assert Account.objects.filter(campaign__name="Spring audit").count() == 4


def test_who_is_there_by_now_and_whose_address_is_taken_go_their_own_way(
    start: Start, alone: list[str], clock: Clock
) -> None:
    batch = start(sheet_of(*PEOPLE))
    make_account("ana@metrosure.app", now=clock(), name="ana meyer", employee_number="ms-1")
    make_account("other@metrosure.app", now=clock(), name="Other", aliases=["cleo.dube@metrosure.app"])

    work(clock)

    assert alone == ["ana.meyer", "cleo.dube"]
    assert ends(batch) == [("skipped", "Somebody opened this mailbox meanwhile."), *[("done", "")] * 3]
    assert Account.objects.get(employee_number="MS-3").address == "cleo.dube2@metrosure.app"


def test_two_rows_of_one_address_do_not_take_each_others(start: Start, alone: list[str], clock: Clock) -> None:
    batch = start(sheet_of(*PEOPLE))
    row = batch.rows.get(position=2)
    row.plan["address"] = "ana.meyer@metrosure.app"
    row.save()

    work(clock)

    assert alone == ["ben.botha"]
    assert {status for status, _ in ends(batch)} == {"done"}
    assert Account.objects.get(employee_number="MS-2").address == "ben.botha@metrosure.app"


def test_a_row_that_a_rule_refuses_takes_nobody_with_it(start: Start, alone: list[str], clock: Clock) -> None:
    batch = start(sheet_of(*PEOPLE))
    row = batch.rows.get(position=2)
    row.plan |= {"address": "ben@elsewhere.test", "given": True, "campaign": "One that nobody made"}
    row.save()

    work(clock)

    assert alone == ["ben.botha"]
    assert [status for status, _ in ends(batch)] == ["done", "failed", "done", "done"]
    assert "elsewhere.test is not one of your mail domains" in ends(batch)[1][1]
    assert not Campaign.objects.filter(name="One that nobody made").exists()


@pytest.mark.parametrize("stumble", [ZeroDivisionError, DatabaseError], ids=["a mistake of ours", "the database"])
def test_what_stumbles_over_one_row_carries_out_the_others(
    start: Start, alone: list[str], clock: Clock, monkeypatch: pytest.MonkeyPatch, stumble: type[Exception]
) -> None:
    batch = start(sheet_of(*PEOPLE))
    write = accounts.write_openings

    def stumbling(*args: Any, **kwargs: Any) -> None:
        write(*args, **kwargs)
        raise stumble

    monkeypatch.setattr("accounts.services.import_pages.write_openings", stumbling)
    row = batch.rows.get(position=3)
    del row.plan["owner"]
    row.save()

    work(clock)

    assert len(alone) == len(PEOPLE)
    assert [status for status, _ in ends(batch)] == ["done", "done", "failed", "done"]
    assert AuditEvent.objects.filter(action=Action.ACCOUNT_CREATED).count() == Operation.objects.count() == 3


def test_second_addresses_that_the_profile_gives_do_not_meet(start: Start, clock: Clock, hr: Actor) -> None:
    profiles.create_profile(name="Agent", aliases=["agent{n}"], by=hr, now=clock())
    lines = [f"{name},MS-{number},18/12/2026,lead@metrosure.app,Agent" for number, name in enumerate(PEOPLE)]
    batch = start("\n".join(["Name,No,Last day,Owner,Profile", *lines]).encode())

    work(clock)

    assert {status for status, _ in ends(batch)} == {"done"}
    aliases = [account.aliases.get().address.partition("@")[0] for account in Account.objects.order_by("pk")]
    assert aliases == ["agent1", "agent2", "agent3", "agent4"]


def test_a_worker_that_lost_its_lease_opens_nobody(start: Start, clock: Clock) -> None:
    batch = start(sheet_of(*PEOPLE))
    slow = batch_work._claim(batch, 10, clock())
    clock.pass_(seconds=settings.OUTBOX_LEASE.total_seconds())
    work(clock)
    before = AuditEvent.objects.count()

    done = batch_work._carry_out_together(batch, slow, clock)

    assert (done, AuditEvent.objects.count(), Account.objects.count()) == (set(), before, len(PEOPLE))
