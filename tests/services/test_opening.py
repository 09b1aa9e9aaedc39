"""Opening an account: what is recorded, and what is refused with the field and the fix."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.audit import Action
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, AuditDetail, AuditEvent, MailDomain, Operation, Status
from accounts.queries.sentences import explain
from accounts.services.accounts import create_account
from tests.factories import make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def domain(now: datetime) -> MailDomain:
    return MailDomain.objects.create(name="metrosure.app", created_at=now, seen_at=now)


def test_the_row_the_event_and_the_operation_come_together(now: datetime, hr: Actor) -> None:
    account = make_account(now=now, by=hr, campaign="Spring audit", quota=10**9)

    assert (account.state, account.review_at) == (State.ACTIVE, account.ends_at)
    assert (account.closes_at, account.purges_at) == (account.ends_at + 14 * DAY, account.ends_at + 104 * DAY)
    event = AuditEvent.objects.select_related("detail").get(account_id=account.pk)
    assert (event.action, event.request_id) == (Action.ACCOUNT_CREATED, "req-1")
    assert (event.detail.actor, event.detail.subject) == ("lerato", account.address)
    assert (event.detail.after or {})["campaign"] == "Spring audit"
    operation = Operation.objects.get()
    assert (operation.account, operation.status, operation.request_id) == (account, Status.PENDING, "req-1")


def test_a_start_in_the_future_is_scheduled(now: datetime) -> None:
    account = make_account(now=now, starts_at=now + 3 * DAY)

    assert (account.state, account.review_at) == (State.SCHEDULED, now + 3 * DAY)


def test_a_campaign_is_made_once(now: datetime) -> None:
    accounts = [make_account(f"{name}@metrosure.app", now=now, campaign=" Cape ") for name in "ab"]

    assert accounts[0].campaign == accounts[1].campaign


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        pytest.param({"address": "zoë@metrosure.app"}, "address", "address_characters", id="accent"),
        pytest.param({"address": "a@elsewhere.test"}, "address", "domain_unknown", id="unknown domain"),
        pytest.param({"address": "taken@metrosure.app"}, "address", "address_taken", id="taken"),
        pytest.param({"address": "gone@metrosure.app"}, "address", "address_reserved", id="purged and reserved"),
        pytest.param({"address": "desk@metrosure.app"}, "address", "address_is_alias", id="somebody's alias"),
        pytest.param({"name": "  "}, "name", "required", id="no name"),
        pytest.param({"name": "x" * 121}, "name", "too_long", id="absurd name"),
        pytest.param({"name": "a\nb"}, "name", "not_printable", id="line break in a name"),
        pytest.param({"owner": ""}, "owner", "required", id="no owner"),
        pytest.param({"note": "a\x00"}, "note", "not_printable", id="NUL in a note"),
        pytest.param({"note": "a\x1b[31m"}, "note", "not_printable", id="a terminal's command in a note"),
        pytest.param({"campaign": "x" * 121}, "campaign", "too_long", id="absurd campaign"),
        pytest.param({"quota": -1}, "quota", "quota_out_of_range", id="negative quota"),
        pytest.param({"quota": 2**60}, "quota", "quota_out_of_range", id="absurd quota"),
        pytest.param({"aliases": ["taken@metrosure.app"]}, "aliases", "address_taken", id="alias taken"),
        pytest.param({"aliases": ["new@metrosure.app"]}, "aliases", "alias_is_own", id="alias is its own address"),
        pytest.param({"aliases": ["x@elsewhere.test"]}, "aliases", "domain_unknown", id="alias of an unknown domain"),
        pytest.param({"days": 0}, "ends_at", "end_in_the_past", id="ends now"),
        pytest.param({"days": -9}, "ends_at", "end_in_the_past", id="ends in the past"),
        pytest.param({"days": 2, "starts_in": 5}, "ends_at", "end_before_start", id="ends before it starts"),
        pytest.param({"days": 10_000}, "ends_at", "term_too_long", id="for ever"),
        pytest.param({"profile": "No such"}, "profile", "profile_unknown", id="unknown profile"),
    ],
)
def test_bad_input_names_the_field_and_the_fix(now: datetime, given: dict[str, object], field: str, code: str) -> None:
    make_account("taken@metrosure.app", now=now, aliases=["desk@metrosure.app"])
    gone = make_account("gone@metrosure.app", now=now)
    gone.live(gone.life.given_up(gone.purges_at), gone.purges_at)
    gone.save()
    before = Account.objects.count(), AuditEvent.objects.count(), Operation.objects.count()
    given = dict(given)
    ends_at = now + timedelta(days=int(str(given.pop("days", 30))))
    starts_at = now + timedelta(days=int(str(given.pop("starts_in", 0))))

    with pytest.raises(SeveralRulesBroken) as refused:
        make_account(
            **{"address": "new@metrosure.app", "now": now, "starts_at": starts_at, "ends_at": ends_at, **given}  # type: ignore[arg-type]
        )

    assert [(rule.field, rule.code) for rule in refused.value.broken] == [(field, code)]
    assert "%(" not in explain(refused.value)
    assert before == (Account.objects.count(), AuditEvent.objects.count(), Operation.objects.count())


def test_everything_that_is_wrong_is_said_at_once(now: datetime, hr: Actor) -> None:
    with pytest.raises(SeveralRulesBroken) as refused:
        create_account(address="zoë@metrosure.app", name="", owner="", ends_at=now - DAY, by=hr, now=now)

    assert [rule.field for rule in refused.value.broken] == ["address", "name", "owner", "ends_at"]


def test_an_accent_says_what_to_type_instead(now: datetime) -> None:
    with pytest.raises(SeveralRulesBroken) as refused:
        make_account("chloé.o'neil@metrosure.app", now=now)

    assert "chloe.oneil" in explain(refused.value)


def test_the_log_holds_no_secret(now: datetime) -> None:
    make_account(now=now)

    assert "hash" not in str(AuditDetail.objects.get().after)


def test_a_refusal_in_the_domain_layer_is_a_sentence() -> None:
    assert explain(RuleBroken("no_such_account")) == "There is no such account."
