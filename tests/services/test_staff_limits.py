"""Limiting an operator: logged with what was before, refused for others, and never lost by accident."""

from __future__ import annotations

from datetime import datetime

import pytest

from accounts import audit
from accounts.domain.bulk import Change, Intent
from accounts.domain.errors import RuleBroken
from accounts.domain.people import Actor, Role
from accounts.domain.reach import within
from accounts.models import Account, AuditEvent, MailDomain, RowStatus, Staff
from accounts.services import batch_work, batches, bulk
from accounts.services.staff import change_role, create_staff, limit_staff
from tests.conftest import Clock
from tests.factories import TESTER
from tests.reach import Places

pytestmark = pytest.mark.django_db


def test_a_limit_is_logged_with_what_was_before(there: Places, hr: Actor, now: datetime) -> None:
    person = create_staff("lerato", role="operator", domains=["NEAR.metrosure.app"], by=hr, now=now)[0]

    limit_staff("lerato", domains=[], campaigns=["nearby audit"], by=hr, now=now)
    limit_staff("lerato", domains=[], campaigns=["Nearby audit"], by=hr, now=now)

    person.refresh_from_db()
    (event,) = AuditEvent.objects.filter(action=audit.Action.STAFF_LIMITED).select_related("detail")
    assert event.detail.before == {"only_domains": ["near.metrosure.app"], "only_campaigns": []}
    assert event.detail.after == {"only_domains": [], "only_campaigns": ["Nearby audit"]}
    assert person.reach.campaigns == {there.near.campaign.pk}


def test_a_new_limit_counts_for_jobs_that_still_run(there: Places, hr: Actor, clock: Clock) -> None:
    create_staff(hr.name, role="operator", by=TESTER, now=clock())
    both = [there.near.account.pk, there.far.account.pk]
    job = bulk.plan_bulk(both, Intent(change=Change.SUSPEND, reason="x"), by=hr, now=clock())
    batches.start(job.pk, by=hr, now=clock())

    limit_staff(hr.name, domains=["near.metrosure.app"], campaigns=[], by=TESTER, now=clock())
    batch_work.work(clock)

    rows = job.rows.order_by("position").values_list("status", "error_field")
    assert list(rows) == [(RowStatus.DONE, ""), (RowStatus.FAILED, "address")]


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"domains": ["unknown.example"]}, "domain_unknown", "domains"),
        ({"domains": ["no domain"]}, "domain_invalid", "domains"),
        ({"campaigns": ["Unknown"]}, "campaign_unknown", "campaigns"),
    ],
)
def test_a_limit_to_what_is_not_there_is_refused(
    given: dict[str, list[str]], code: str, field: str, there: Places, hr: Actor, now: datetime
) -> None:
    create_staff("lerato", role="operator", by=hr, now=now)

    with pytest.raises(RuleBroken, match=code) as refused:
        limit_staff("lerato", **{"domains": [], "campaigns": [], **given}, by=hr, now=now)

    assert refused.value.field == field


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_only_operators_are_limited(role: Role, there: Places, hr: Actor, now: datetime) -> None:
    with pytest.raises(RuleBroken, match="only_operators_limited"):
        create_staff("lerato", role=role, domains=["near.metrosure.app"], by=hr, now=now)

    assert not Staff.objects.exists()


def test_limits_wait_while_somebody_has_another_role(there: Places, hr: Actor, now: datetime) -> None:
    create_staff("lerato", role="operator", domains=["near.metrosure.app"], by=hr, now=now)

    auditor = change_role("lerato", role="auditor", by=hr, now=now).reach
    operator = change_role("lerato", role="operator", by=hr, now=now).reach

    assert (auditor.is_everything, operator.domains) == (True, frozenset({there.near.domain.pk}))


def test_a_mail_domain_that_is_deleted_leaves_the_limit(there: Places, hr: Actor, now: datetime) -> None:
    MailDomain.objects.create(name="short.example", created_at=now)
    person = create_staff("lerato", role="operator", domains=["short.example"], by=hr, now=now)[0]

    MailDomain.objects.get(name="short.example").delete()

    with within(Staff.objects.get(pk=person.pk).reach):
        assert not Account.objects.exists()
