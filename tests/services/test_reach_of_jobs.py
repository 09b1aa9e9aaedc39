"""Jobs, differences and views of a limited operator: held to their reach, and seen by whom they are about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from accounts.domain.bulk import Change, Wish
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor
from accounts.domain.reach import within
from accounts.models import Account, Batch, BatchRow, Drift, RowStatus
from accounts.queries import accounts as lists
from accounts.queries import health, views
from accounts.queries import imports as sheets
from accounts.services import adopting, batch_work, batches, bulk, imports
from tests.conftest import Clock
from tests.reach import LIMITS, Places

pytestmark = pytest.mark.django_db


def test_a_job_is_held_to_the_reach_of_who_started_it(
    there: Places, limited: Callable[[str], Actor], clock: Clock
) -> None:
    """Between plan and work somebody else moved the account away."""
    wish = Wish(change=Change.END, reason="x")
    job = bulk.plan_bulk([there.near.account.pk], wish, by=limited("campaign"), now=clock())
    batches.start(job.pk, by=limited("campaign"), now=clock(), typed=1)
    Account.objects.update(campaign=there.far.campaign)

    batch_work.work(clock)

    row = BatchRow.objects.get(batch=job)
    assert (row.status, row.error_field) == (RowStatus.FAILED, "campaign")
    assert Account.objects.get(pk=there.near.account.pk).state == "active"


@pytest.mark.parametrize("limit", LIMITS)
def test_a_plan_leaves_out_who_is_beyond(
    limit: str, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    ids = [there.near.account.pk, there.far.account.pk]

    job = bulk.plan_bulk(ids, Wish(change=Change.EXTEND, days=7), by=limited(limit), now=now)

    assert list(job.rows.values_list("account", flat=True)) == ids[:1]


@pytest.mark.parametrize("limit", LIMITS)
def test_jobs_and_sheets_are_seen_by_whom_they_are_about(
    limit: str, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    by = limited(limit)
    own = imports.upload(name="own.csv", data=b"Name,Owner,Last day\nBen,a@example.org,2026-12-18\n", by=by, now=now)

    with within(by.reach):
        seen = list(Batch.objects.all()), [file.pk for file in sheets.recent_files()]

    assert seen == ([there.near.job], [own.pk])


@pytest.mark.parametrize(("limit", "finds"), [("domain", True), ("campaign", False), ("both", False)])
def test_a_mailbox_of_nobody_belongs_to_its_mail_domain(
    limit: str, finds: bool, there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    for place in (there.near, there.far):
        facts = {"name": "", "used": 0, "locked": False, "quota": 0, "aliases": [], "deadline": None}
        Drift.objects.create(
            kind="only_there",
            address=f"info@{place.domain.name}",
            fields={name: {"there": value} for name, value in facts.items()},
            first_seen_at=now,
            seen_at=now,
        )
    by, far = limited(limit), Drift.objects.get(address="info@far.metrosure.app")

    with within(by.reach):
        found = Drift.objects.filter(account=None).values_list("address", flat=True)
        assert list(found) == (["info@near.metrosure.app"] if finds else [])
    with pytest.raises(RuleBroken, match="drift_settled"):
        adopting.adopt(far.pk, terms=adopting.Terms(owner="a@example.org", ends_at=now), by=by, now=now)


def test_the_number_of_a_shared_view_is_each_persons_own(there: Places, now: datetime) -> None:
    filters = lists.Filters(text="audit", states=())

    numbers = []
    for limit in (None, "domain", None):
        with within(there.reach(limit or "")):
            numbers.append(views._number(filters, now))

    assert numbers == [2, 1, 2]


@pytest.mark.parametrize(("limit", "numbers"), [("", [1, 1]), ("campaign", [1, 0]), ("domain", [1]), ("both", [1])])
def test_mailboxes_of_a_mail_domain_are_counted_as_far_as_somebody_reaches(
    limit: str, numbers: list[int], there: Places
) -> None:
    with within(there.reach(limit)):
        rows = health.health().rows

    assert [row.mailboxes for row in rows] == numbers
