"""Profiles: what they give, and that a change of one moves nobody who was not asked about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Batch, MailDomain, Profile, RowStatus
from accounts.queries.gifts import gifts, given
from accounts.services import batch_work, lifecycle
from accounts.services.accounts import edit_account
from accounts.services.profiles import create_profile, edit_profile
from stalwart_client import Denial, StalwartClient
from tests.conftest import NOW, Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db
GB = 1024**3


@pytest.fixture
def shopper(hr: Actor) -> Profile:
    MailDomain.objects.get_or_create(name="metrosure.app", defaults={"created_at": NOW, "seen_at": NOW})
    return create_profile(
        name="Shopper", address_pattern="shopper{n:03}", quota=GB, grace_days=7, denials=["directory"], by=hr, now=NOW
    )


@pytest.fixture
def work(clock: Clock) -> Callable[[], None]:
    def until_done() -> None:
        while batch_work.work(clock):
            pass

    return until_done


def told(job: Batch | None) -> dict[str, tuple[str, str]]:
    assert job is not None
    return {row.subject.partition("@")[0]: (row.status, row.error) for row in job.rows.all()}


def test_a_profile_needs_only_a_name(hr: Actor) -> None:
    profile = create_profile(name=" Agent ", by=hr, now=NOW)

    assert (profile.name, profile.address_pattern, profile.quota) == ("Agent", "{first}.{last}", GB)
    assert (profile.denials, profile.grace_days, profile.retention_days) == (["directory"], 14, 90)


@pytest.mark.parametrize(
    ("details", "field", "code"),
    [
        pytest.param({"name": ""}, "name", "required", id="no name"),
        pytest.param({"name": "SHOPPER"}, "name", "profile_name_taken", id="a name that is taken"),
        pytest.param({"domain": "nowhere.example"}, "domain", "domain_unknown", id="unknown domain"),
        pytest.param({"address_pattern": "info"}, "address_pattern", "pattern_same_for_all", id="one address for all"),
        pytest.param({"address_pattern": "{n}@metrosure.app"}, "address_pattern", "pattern_has_domain", id="a domain"),
        pytest.param({"aliases": ["{first}", "x{"]}, "aliases", "pattern_braces", id="a broken second pattern"),
        pytest.param({"aliases": ["{first}@nowhere.example"]}, "aliases", "domain_unknown", id="a second domain"),
        pytest.param({"aliases": [f"{{first}}{n}" for n in range(11)]}, "aliases", "too_many", id="too many"),
        pytest.param({"groups": ["shoppers"]}, "groups", "address_incomplete", id="no group"),
        pytest.param({"denials": ["sign_in"]}, "denials", "limit_unknown", id="a lock is no limit"),
        pytest.param({"quota": -1}, "quota", "quota_out_of_range", id="less than nothing"),
        pytest.param({"term_days": 0}, "term_days", "days_out_of_bounds", id="no days"),
        pytest.param({"grace_days": 367}, "grace_days", "days_out_of_bounds", id="absurd grace"),
        pytest.param({"retention_days": -1}, "retention_days", "days_out_of_bounds", id="absurd retention"),
    ],
)
def test_what_makes_no_sense_is_refused(
    shopper: Profile, hr: Actor, details: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(SeveralRulesBroken) as refused:
        create_profile(**{"name": "Agent", **details}, by=hr, now=NOW)

    assert [(rule.field, rule.code) for rule in refused.value.broken] == [(field, code)]


def test_the_standard_profile_keeps_its_name(hr: Actor) -> None:
    standard = Profile.objects.standard()

    with pytest.raises(SeveralRulesBroken) as refused:
        edit_profile(standard.pk, name="Usual", also_existing=False, by=hr, now=NOW)

    assert refused.value.broken[0].code == "profile_is_standard"


def test_the_second_of_two_editors_is_told(shopper: Profile, hr: Actor) -> None:
    edit_profile(shopper.pk, quota=2 * GB, expected_version=1, also_existing=False, by=hr, now=NOW)

    with pytest.raises(RuleBroken, match="edited_by_another"):
        edit_profile(shopper.pk, quota=3 * GB, expected_version=1, also_existing=False, by=hr, now=NOW)


def test_a_new_account_gets_all_of_it(shopper: Profile, hr: Actor) -> None:
    edit_profile(
        shopper.pk,
        also_existing=False,
        by=hr,
        now=NOW,
        term_days=10,
        aliases=["{first}.{last}", "{last}@metrosure.app"],
        groups=["field@metrosure.app", "all@metrosure.app"],
        server_deadline=False,
    )

    ana = make_account("shopper001@metrosure.app", name="Ana Meyer", now=NOW, profile="Shopper", ends_at=None)

    assert ana.ends_at == datetime.fromisoformat("2026-12-04T00:00+02:00")  # ten days, today and Thu 3 Dec counted
    assert sorted(ana.aliases.values_list("address", flat=True)) == ["ana.meyer@metrosure.app", "meyer@metrosure.app"]
    assert (ana.groups, ana.groups_to_leave) == (["all@metrosure.app", "field@metrosure.app"], [])
    assert (ana.quota, ana.grace_days, ana.server_deadline) == (GB, 7, False)


def test_second_addresses_get_numbers_and_never_their_own(shopper: Profile, hr: Actor) -> None:
    aliases = ["{first}.{last}", "{last}"]
    edit_profile(shopper.pk, aliases=aliases, also_existing=False, by=hr, now=NOW)

    first = make_account("ana.meyer@metrosure.app", name="Ana Meyer", now=NOW, profile="Shopper")
    second = make_account("s2@metrosure.app", name="Ana Meyer", now=NOW, profile="Shopper")

    assert list(first.aliases.values_list("address", flat=True)) == ["meyer@metrosure.app"]
    assert sorted(second.aliases.values_list("address", flat=True)) == [
        "ana.meyer2@metrosure.app",
        "meyer2@metrosure.app",
    ]


def test_a_change_is_for_new_mailboxes_unless_asked(shopper: Profile, work: Callable[[], None], hr: Actor) -> None:
    ana = make_account(now=NOW, profile="Shopper")

    edited = edit_profile(shopper.pk, quota=5 * GB, grace_days=1, denials=[], also_existing=False, by=hr, now=NOW)
    work()
    ana.refresh_from_db()
    new = make_account("new@metrosure.app", now=NOW, profile="Shopper")

    assert edited.job is None
    assert (ana.quota, ana.grace_days, ana.denials, ana.version) == (GB, 7, ["directory"], 1)
    assert (new.quota, new.grace_days, new.denials) == (5 * GB, 1, [])


def test_those_that_have_it_as_it_was_are_taken_along(shopper: Profile, work: Callable[[], None], hr: Actor) -> None:
    ana = make_account("ana@metrosure.app", now=NOW, profile="Shopper")
    own = make_account("own@metrosure.app", now=NOW, profile="Shopper", quota=9 * GB)
    other = make_account("other@metrosure.app", now=NOW)

    job = edit_profile(shopper.pk, quota=5 * GB, also_existing=True, by=hr, now=NOW).job
    work()

    assert job is not None
    assert job.title == "Take 1 mailbox along with “Shopper”"
    assert told(job) == {"ana": (RowStatus.DONE, ""), "own": (RowStatus.SKIPPED, "It has values of its own.")}
    quotas = dict(Account.objects.values_list("pk", "quota"))
    assert quotas == {ana.pk: 5 * GB, own.pk: 9 * GB, other.pk: GB}


def test_nothing_to_take_along_is_no_job(shopper: Profile, hr: Actor) -> None:
    make_account(now=NOW, profile="Shopper")

    edited = edit_profile(shopper.pk, address_pattern="{first}", also_existing=True, by=hr, now=NOW)

    assert (edited.job, edited.profile.address_pattern, Batch.objects.count()) == (None, "{first}", 0)


def test_a_shorter_grace_closes_who_is_past_it(
    shopper: Profile, clock: Clock, work: Callable[[], None], hr: Actor
) -> None:
    account = make_account(now=NOW, profile="Shopper", ends_at=NOW + timedelta(days=1))
    now = clock.pass_(days=5)
    lifecycle.sweep(now=now)
    before = given(shopper)

    (foreseen,) = gifts(shopper, before, {**before, "grace_days": 2}, now)
    edit_profile(shopper.pk, grace_days=2, also_existing=True, by=hr, now=now)
    work()

    account.refresh_from_db()
    assert foreseen.closes
    assert (account.state, account.closes_at) == ("closed", NOW + timedelta(days=3))


def test_who_was_changed_meanwhile_keeps_that(shopper: Profile, work: Callable[[], None], hr: Actor) -> None:
    ana = make_account("ana@metrosure.app", now=NOW, profile="Shopper")
    eve = make_account("eve@metrosure.app", now=NOW, profile="Shopper")

    job = edit_profile(shopper.pk, quota=5 * GB, also_existing=True, by=hr, now=NOW).job
    edit_account(ana.pk, quota=7 * GB, by=hr, now=NOW)
    work()

    assert told(job)["ana"] == (RowStatus.SKIPPED, "Somebody gave it values of its own meanwhile.")
    assert dict(Account.objects.values_list("pk", "quota")) == {ana.pk: 7 * GB, eve.pk: 5 * GB}


def test_running_it_again_changes_nothing(shopper: Profile, work: Callable[[], None], hr: Actor) -> None:
    make_account(now=NOW, profile="Shopper")
    job = edit_profile(shopper.pk, groups=["all@metrosure.app"], also_existing=True, by=hr, now=NOW).job
    work()
    events = AuditEvent.objects.count()

    assert job is not None
    job.rows.update(status=RowStatus.WAITING)
    Batch.objects.update(state="running")
    work()

    assert AuditEvent.objects.count() == events


def test_the_mail_server_follows(
    domain: MailDomain,
    shopper: Profile,
    client_of_server: StalwartClient,
    run: Callable[[], int],
    work: Callable[[], None],
    hr: Actor,
) -> None:
    for group in ("old@metrosure.app", "new@metrosure.app"):
        client_of_server.groups.create(group)
    edit_profile(shopper.pk, groups=["old@metrosure.app"], also_existing=False, by=hr, now=NOW)
    account = make_account(now=NOW, profile="Shopper")
    run()

    edit_profile(
        shopper.pk, groups=["new@metrosure.app"], denials=["receive"], quota=2 * GB, also_existing=True, by=hr, now=NOW
    )
    work()
    run()

    mailbox = client_of_server.mailbox(account.address)
    assert (mailbox.groups, mailbox.quota) == (("new@metrosure.app",), 2 * GB)
    assert Denial.RECEIVE in mailbox.denials
    account.refresh_from_db()
    assert account.groups_to_leave == []
