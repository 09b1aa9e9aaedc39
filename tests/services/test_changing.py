"""Edits, moves and holds: one transaction each, logged with before and after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from accounts.audit import Action
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Operation, PendingSecret, Status
from accounts.services.accounts import edit_account, set_password
from accounts.services.lifecycle import (
    end_account,
    extend_account,
    extend_account_by,
    hold_account,
    purge_account,
    reinstate_account,
    release_account,
    suspend_account,
)
from accounts.services.operations import check_account, retry_operation
from tests.factories import make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def account(now: datetime) -> Account:
    return make_account(now=now)


def _last() -> AuditEvent:
    return AuditEvent.objects.select_related("detail").latest("id")


def test_an_edit_logs_only_what_differs(account: Account, now: datetime, hr: Actor) -> None:
    edit_account(account.pk, by=hr, now=now, name="Thandi K.", owner=account.owner, aliases=["t@metrosure.app"])

    event = _last()
    assert event.action == Action.ACCOUNT_EDITED
    assert event.detail.before == {"name": "Thandi Nkosi", "aliases": []}
    assert event.detail.after == {"name": "Thandi K.", "aliases": ["t@metrosure.app"]}


def test_an_edit_that_changes_nothing_leaves_no_trace(account: Account, now: datetime, hr: Actor) -> None:
    events = AuditEvent.objects.count()

    edit_account(account.pk, by=hr, now=now, name=account.name)

    account.refresh_from_db()
    assert (AuditEvent.objects.count(), account.version) == (events, 1)


def test_the_second_of_two_editors_is_told(account: Account, now: datetime, hr: Actor) -> None:
    edit_account(account.pk, by=hr, now=now, expected_version=1, name="First")

    with pytest.raises(RuleBroken, match="edited_meanwhile") as refused:
        edit_account(account.pk, by=hr, now=now, expected_version=1, name="Second")

    assert refused.value.values["account"].name == "First"  # type: ignore[attr-defined]


def test_a_bad_edit_changes_nothing_of_it(account: Account, now: datetime, hr: Actor) -> None:
    with pytest.raises(SeveralRulesBroken):
        edit_account(account.pk, by=hr, now=now, name="New", aliases=["nonsense"])

    account.refresh_from_db()
    assert account.name == "Thandi Nkosi"


def test_an_alias_can_move_after_it_was_let_go(account: Account, now: datetime, hr: Actor) -> None:
    edit_account(account.pk, by=hr, now=now, aliases=["desk@metrosure.app"])
    edit_account(account.pk, by=hr, now=now, aliases=[])

    other = make_account("other@metrosure.app", now=now, aliases=["desk@metrosure.app"])

    assert other.aliases.get().address == "desk@metrosure.app"


def test_extending_by_days_counts_from_the_end(account: Account, now: datetime, hr: Actor) -> None:
    extended = extend_account_by(account.pk, days=7, by=hr, now=now, reason="Visits moved")

    assert extended.ends_at == account.ends_at + 7 * DAY
    assert _last().detail.reason == "Visits moved"


def test_an_ended_account_reopens_when_it_is_extended(account: Account, now: datetime, hr: Actor) -> None:
    end_account(account.pk, by=hr, now=now)

    assert extend_account(account.pk, ends_at=now + DAY, by=hr, now=now).state == State.ACTIVE


def test_a_suspension_needs_a_reason(account: Account, now: datetime, hr: Actor) -> None:
    with pytest.raises(RuleBroken, match="reason_required"):
        suspend_account(account.pk, reason="  ", by=hr, now=now)


def test_a_reason_is_text_that_can_be_shown(account: Account, now: datetime, hr: Actor) -> None:
    with pytest.raises(RuleBroken, match="not_printable"):
        suspend_account(account.pk, reason="\x1b[2Jlost", by=hr, now=now)

    assert suspend_account(account.pk, reason="Lost\nher phone\u00a0", by=hr, now=now).suspended_because


def test_a_suspension_outlives_an_extension(account: Account, now: datetime, hr: Actor) -> None:
    suspend_account(account.pk, reason="Phone lost", by=hr, now=now)

    assert extend_account_by(account.pk, days=7, by=hr, now=now).state == State.SUSPENDED
    reinstated = reinstate_account(account.pk, by=hr, now=now)
    assert (reinstated.state, reinstated.suspended_at, reinstated.suspended_because) == (State.ACTIVE, None, "")


def test_purging_early_is_refused_with_the_date(account: Account, now: datetime, hr: Actor) -> None:
    with pytest.raises(RuleBroken, match="purge_too_early") as refused:
        purge_account(account.pk, reason="tidy up", by=hr, now=now)

    assert refused.value.values["purges_at"] == account.purges_at


def test_a_purge_forgets_a_password_on_its_way(account: Account, now: datetime, hr: Actor) -> None:
    set_password(account.pk, by=hr, now=now)

    purge_account(account.pk, reason="Retention over", by=hr, now=account.purges_at)

    assert not PendingSecret.objects.exists()


def test_a_hold_stops_the_purge_until_it_is_released(account: Account, now: datetime, hr: Actor) -> None:
    hold_account(account.pk, reason="Dispute", by=hr, now=now)
    with pytest.raises(RuleBroken, match="purge_on_hold"):
        purge_account(account.pk, reason="x", by=hr, now=account.purges_at)
    with pytest.raises(RuleBroken, match="already_held"):
        hold_account(account.pk, reason="again", by=hr, now=now)

    release_account(account.pk, by=hr, now=now)

    assert purge_account(account.pk, reason="x", by=hr, now=account.purges_at).state == State.PURGED


def test_a_purged_account_can_only_be_looked_at(account: Account, now: datetime, hr: Actor) -> None:
    then = account.purges_at
    purge_account(account.pk, reason="x", by=hr, now=then)

    changes: list[Callable[[], object]] = [
        lambda: edit_account(account.pk, by=hr, now=then, name="x"),
        lambda: set_password(account.pk, by=hr, now=then),
        lambda: extend_account_by(account.pk, days=7, by=hr, now=then),
        lambda: end_account(account.pk, by=hr, now=then),
    ]
    for change in changes:
        with pytest.raises(RuleBroken, match="_purged"):
            change()


def test_a_password_is_shown_and_its_hash_waits_encrypted(account: Account, now: datetime, hr: Actor) -> None:
    password = set_password(account.pk, by=hr, now=now)

    stored = PendingSecret.objects.extra(select={"raw": "hash"}).values_list("raw", flat=True).get()
    assert password not in stored
    assert "argon2" not in stored
    assert PendingSecret.objects.get().ends_app_passwords
    assert _last().action == Action.PASSWORD_SET


def test_checking_asks_for_a_fresh_look_and_lets_go_of_what_failed(account: Account, now: datetime, hr: Actor) -> None:
    Operation.objects.update(status=Status.FAILED)

    operation = check_account(account.pk, by=hr, now=now)

    assert operation.status == Status.PENDING
    assert not account.operations.filter(status=Status.FAILED).exists()


def test_only_what_failed_or_waits_can_be_tried_again(account: Account, now: datetime, hr: Actor) -> None:
    Operation.objects.update(status=Status.DONE)

    with pytest.raises(RuleBroken, match="operation_settled"):
        retry_operation(account.operations.get().pk, by=hr, now=now)
    with pytest.raises(RuleBroken, match="no_such_operation"):
        retry_operation(uuid4(), by=hr, now=now)
