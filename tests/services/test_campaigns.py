"""Campaigns: their accounts go by their dates until they have their own; who moved and who did not is told by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.audit import Action
from accounts.domain.errors import RuleBroken, SeveralRulesBroken
from accounts.domain.lifecycle import State
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent, Batch, BatchState, Campaign, MailDomain, Profile, RowStatus
from accounts.services import batch_work, batches, lifecycle
from accounts.services.accounts import create_account
from accounts.services.campaigns import create_campaign, edit_campaign, end_campaign
from accounts.services.placing import change_profile, move_account
from stalwart_client import StalwartClient
from tests.conftest import NOW, Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
END = NOW + 30 * DAY
LATER = NOW + 60 * DAY


@pytest.fixture
def campaign(hr: Actor) -> Campaign:
    return create_campaign(
        name="Spring audit", owner="lead@metrosure.app", starts_at=NOW + DAY, ends_at=END, by=hr, now=NOW
    )


@pytest.fixture
def work(clock: Clock) -> Callable[[], None]:
    def until_done() -> None:
        while batch_work.work(clock):
            pass

    return until_done


def join(name: str, campaign: Campaign, **given: Any) -> Account:
    """Open an account that says nothing of its own but what is given."""
    MailDomain.objects.get_or_create(name="metrosure.app", defaults={"created_at": NOW, "seen_at": NOW})
    words: dict[str, Any] = {"name": name.title(), "owner": "", "by": Actor(name="hr"), "now": NOW, **given}
    return create_account(address=f"{name}@metrosure.app", campaign=campaign.name, **words)


def told(job: Batch | None) -> dict[str, tuple[str, str]]:
    """Return what became of whom, and why."""
    assert job is not None
    return {row.subject.partition("@")[0]: (row.status, row.error) for row in job.rows.all()}


def ends(*names: str) -> list[datetime]:
    return [Account.objects.get(address=f"{name}@metrosure.app").ends_at for name in names]


def test_an_account_has_what_its_campaign_says(campaign: Campaign, hr: Actor) -> None:
    shopper = Profile.objects.create(name="Shopper", quota=5 * 1024**3, denials=["receive"], grace_days=3)
    edit_campaign(campaign.pk, profile="shopper", by=hr, now=NOW)

    ana = join("ana", campaign)

    assert (ana.starts_at, ana.ends_at, ana.follows_campaign) == (NOW + DAY, END, True)
    assert (ana.owner, ana.profile, ana.quota) == ("lead@metrosure.app", shopper, 5 * 1024**3)
    assert (ana.denials, ana.closes_at) == (["receive"], END + 3 * DAY)


def test_what_is_said_goes_before_the_campaign(campaign: Campaign) -> None:
    Profile.objects.create(name="Shopper")

    ana = join("ana", campaign, owner="Palesa", starts_at=NOW, ends_at=LATER, profile="Shopper", quota=1)

    assert (ana.starts_at, ana.ends_at, ana.follows_campaign) == (NOW, LATER, False)
    assert (ana.owner, ana.profile.name, ana.quota) == ("Palesa", "Shopper", 1)


def test_without_campaign_or_usual_length_somebody_says_when_it_ends(campaign: Campaign) -> None:
    Campaign.objects.update(ends_at=None)

    with pytest.raises(SeveralRulesBroken) as refused:
        join("ana", campaign)

    assert [(rule.field, rule.code) for rule in refused.value.broken] == [("ends_at", "end_needed")]


def test_a_campaign_that_is_over_takes_nobody_in(campaign: Campaign) -> None:
    Campaign.objects.update(starts_at=None, ends_at=NOW)

    with pytest.raises(SeveralRulesBroken) as refused:
        join("ana", campaign)

    assert [(rule.field, rule.code) for rule in refused.value.broken] == [("ends_at", "end_in_the_past")]


def test_all_who_follow_move_and_the_others_are_named(campaign: Campaign, work: Callable[[], None], hr: Actor) -> None:
    for number in range(50):
        join(f"p{number:02}", campaign)
    join("ana", campaign, ends_at=NOW + 9 * DAY)
    join("eve", campaign, ends_at=NOW + 99 * DAY)

    job = edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=NOW).job
    work()

    assert job is not None
    job.refresh_from_db()
    assert (job.state, job.title) == (BatchState.DONE, "Move “Spring audit” to Sat 23 Jan 2027")
    found = told(job)
    assert sum(status == RowStatus.DONE for status, _ in found.values()) == 50
    stayed = {name: why for name, (status, why) in found.items() if status == RowStatus.SKIPPED}
    assert stayed == {
        "ana": "It has dates of its own: its last day is Thu 3 Dec.",
        "eve": "It has dates of its own: its last day is Wed 3 Mar 2027.",
    }
    assert set(ends(*(f"p{number:02}" for number in range(50)))) == {LATER}
    assert ends("ana", "eve") == [NOW + 9 * DAY, NOW + 99 * DAY]


def test_the_ticked_move_too_and_follow_from_then_on(campaign: Campaign, work: Callable[[], None], hr: Actor) -> None:
    ana = join("ana", campaign, ends_at=NOW + 9 * DAY)

    job = edit_campaign(campaign.pk, ends_at=LATER, also=[ana.pk], by=hr, now=NOW).job
    work()
    again = edit_campaign(campaign.pk, ends_at=LATER + DAY, by=hr, now=NOW).job
    work()

    assert told(job) == told(again) == {"ana": (RowStatus.DONE, "")}
    assert ends("ana") == [LATER + DAY]


def test_a_new_first_day_is_for_those_who_wait_for_it(campaign: Campaign, work: Callable[[], None], hr: Actor) -> None:
    join("ana", campaign)
    join("open", campaign, starts_at=NOW)
    join("own", campaign, starts_at=NOW + 3 * DAY)

    edit_campaign(campaign.pk, starts_at=NOW + 5 * DAY, by=hr, now=NOW)
    work()

    starts = dict(Account.objects.values_list("name", "starts_at"))
    assert starts == {"Ana": NOW + 5 * DAY, "Open": NOW, "Own": NOW + 3 * DAY}
    assert set(ends("ana", "open", "own")) == {END}


def test_a_longer_campaign_opens_who_ended_with_it(
    campaign: Campaign, clock: Clock, work: Callable[[], None], hr: Actor
) -> None:
    ana, gone = join("ana", campaign), join("gone", campaign)
    clock.pass_(days=10)
    lifecycle.end_account(gone.pk, reason="Left early", by=hr, now=clock())
    lifecycle.sweep(now=clock.pass_(days=25))
    ana.refresh_from_db()
    assert ana.state == State.ENDED

    job = edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=clock()).job
    work()

    assert told(job)["ana"] == (RowStatus.DONE, "")
    assert told(job)["gone"] == (RowStatus.SKIPPED, "It has dates of its own: its last day is Fri 4 Dec.")
    assert dict(Account.objects.values_list("name", "state")) == {"Ana": "active", "Gone": "closed"}


def test_a_suspension_stays_and_a_purged_one_is_left(
    campaign: Campaign, clock: Clock, work: Callable[[], None], hr: Actor
) -> None:
    sam, old = join("sam", campaign, starts_at=NOW), join("old", campaign)
    Account.objects.filter(pk=old.pk).update(state=State.PURGED, purged_at=NOW)
    lifecycle.suspend_account(sam.pk, reason="Phone lost", by=hr, now=clock())

    job = edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=clock()).job
    work()

    sam.refresh_from_db()
    assert told(job) == {"sam": (RowStatus.DONE, "")}
    assert (sam.state, sam.ends_at) == (State.SUSPENDED, LATER)


def test_who_cannot_follow_is_told_why(campaign: Campaign, work: Callable[[], None], hr: Actor) -> None:
    join("ana", campaign)
    join("late", campaign, starts_at=NOW + 20 * DAY)

    job = edit_campaign(campaign.pk, ends_at=NOW + 10 * DAY, by=hr, now=NOW).job
    work()

    assert told(job)["ana"] == (RowStatus.DONE, "")
    assert told(job)["late"][0] == RowStatus.SKIPPED
    assert "end lies before the start" in told(job)["late"][1]


def test_the_job_goes_by_what_is_so_when_it_runs(campaign: Campaign, work: Callable[[], None], hr: Actor) -> None:
    ana, eve, sam = (join(name, campaign) for name in ("ana", "eve", "sam"))

    job = edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=NOW).job
    lifecycle.extend_account(ana.pk, ends_at=NOW + 77 * DAY, by=hr, now=NOW)
    move_account(eve.pk, campaign="Elsewhere", by=hr, now=NOW)
    edit_campaign(campaign.pk, ends_at=LATER + DAY, by=hr, now=NOW)
    work()

    assert told(job)["ana"] == (RowStatus.SKIPPED, "It has dates of its own: its last day is Tue 9 Feb 2027.")
    assert told(job)["eve"] == (RowStatus.SKIPPED, "It has left the campaign.")
    assert ends("ana", "eve", "sam") == [NOW + 77 * DAY, END, LATER + DAY]
    sam.refresh_from_db()
    assert sam.follows_campaign


def test_running_it_again_changes_nothing(campaign: Campaign, work: Callable[[], None], hr: Actor) -> None:
    join("ana", campaign)
    job = edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=NOW).job
    work()
    before = (AuditEvent.objects.count(), Account.objects.get().version)

    assert job is not None
    job.rows.update(status=RowStatus.WAITING)
    Batch.objects.update(state=BatchState.RUNNING)
    work()

    assert told(job) == {"ana": (RowStatus.DONE, "")}
    assert (AuditEvent.objects.count(), Account.objects.get().version) == before


def test_who_joins_another_campaign_keeps_its_dates(campaign: Campaign, hr: Actor) -> None:
    ana = join("ana", campaign)

    moved = move_account(ana.pk, campaign="Elsewhere", by=hr, now=NOW)

    assert (moved.ends_at, moved.follows_campaign) == (END, False)


def test_an_account_can_be_put_to_the_campaigns_end(campaign: Campaign, hr: Actor) -> None:
    ana = join("ana", campaign, ends_at=NOW + 9 * DAY)

    moved = lifecycle.follow_campaign(ana.pk, by=hr, now=NOW)

    assert (moved.ends_at, moved.follows_campaign) == (END, True)


def test_without_a_campaign_there_is_no_such_end(hr: Actor) -> None:
    account = make_account(now=NOW)

    with pytest.raises(RuleBroken, match="campaign_has_no_end"):
        lifecycle.follow_campaign(account.pk, by=hr, now=NOW)


def test_ending_all_of_it(campaign: Campaign, clock: Clock, work: Callable[[], None], hr: Actor) -> None:
    for number in range(12):
        join(f"p{number:02}", campaign)
    clock.pass_(days=3)
    with pytest.raises(RuleBroken) as braked:
        end_campaign(campaign.pk, reason="The client left", by=hr, now=clock())
    campaign.refresh_from_db()
    assert (braked.value.code, braked.value.values, campaign.ends_at) == ("type_the_number", {"number": 12}, END)

    job = end_campaign(campaign.pk, reason="The client left", typed=12, by=hr, now=clock())
    work()

    campaign.refresh_from_db()
    assert campaign.ends_at == clock()
    assert {status for status, _ in told(job).values()} == {RowStatus.DONE}
    assert set(Account.objects.values_list("state", "ends_at", "follows_campaign")) == {("ended", clock(), True)}


def test_a_campaign_that_was_ended_can_be_opened_again(
    campaign: Campaign, clock: Clock, work: Callable[[], None], hr: Actor
) -> None:
    join("ana", campaign)
    now = clock.pass_(days=3)
    end_campaign(campaign.pk, reason="By mistake", typed=1, by=hr, now=now)
    work()

    edit_campaign(campaign.pk, ends_at=END, by=hr, now=now)
    work()

    assert Account.objects.get().state == State.ACTIVE


def test_what_is_over_is_not_ended_again(campaign: Campaign, clock: Clock, hr: Actor) -> None:
    clock.pass_(days=99)

    with pytest.raises(RuleBroken, match="campaign_over"):
        end_campaign(campaign.pk, reason="Late", by=hr, now=clock())


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        pytest.param({"name": " "}, "name", "required", id="no name"),
        pytest.param({"name": "spring AUDIT"}, "name", "campaign_name_taken", id="a name that is taken"),
        pytest.param({"name": "x" * 121}, "name", "too_long", id="absurd name"),
        pytest.param({"owner": "Palesa"}, "owner", "email_invalid", id="an owner without an address"),
        pytest.param({"owner": ""}, "owner", "required", id="no owner"),
        pytest.param({"profile": "None such"}, "profile", "profile_unknown", id="unknown profile"),
        pytest.param({"note": "x" * 2001}, "note", "too_long", id="absurd note"),
        pytest.param({"ends_at": NOW}, "ends_at", "campaign_end_in_the_past", id="over"),
        pytest.param({"starts_at": LATER, "ends_at": END}, "ends_at", "end_before_start", id="turned round"),
    ],
)
def test_what_makes_no_sense_is_refused(
    campaign: Campaign, hr: Actor, given: dict[str, Any], field: str, code: str
) -> None:
    with pytest.raises(SeveralRulesBroken) as refused:
        create_campaign(**{"name": "Autumn", "owner": "lead@metrosure.app", **given}, by=hr, now=NOW)

    assert [(rule.field, rule.code) for rule in refused.value.broken] == [(field, code)]
    assert Campaign.objects.count() == 1


def test_a_last_day_that_is_followed_cannot_be_taken_away(campaign: Campaign, hr: Actor) -> None:
    join("ana", campaign)

    with pytest.raises(RuleBroken, match="campaign_is_followed"):
        edit_campaign(campaign.pk, ends_at=None, by=hr, now=NOW)


def test_the_second_of_two_editors_is_told(campaign: Campaign, hr: Actor) -> None:
    edit_campaign(campaign.pk, note="First", expected_version=1, by=hr, now=NOW)

    with pytest.raises(RuleBroken, match="edited_by_another"):
        edit_campaign(campaign.pk, note="Second", expected_version=1, by=hr, now=NOW)


def test_the_log_says_what_differs(campaign: Campaign, hr: Actor) -> None:
    edit_campaign(campaign.pk, name="Autumn", ends_at=END, by=hr, now=NOW)
    edit_campaign(campaign.pk, name="Autumn", by=hr, now=NOW)

    event = AuditEvent.objects.select_related("detail").get(action=Action.CAMPAIGN_EDITED)
    number = campaign.pk
    assert event.detail.subject == "Autumn"
    assert event.detail.before == {"name": "Spring audit", "campaign_id": number}
    assert event.detail.after == {"name": "Autumn", "campaign_id": number}


def test_a_job_can_be_stopped_and_gone_on_with(
    campaign: Campaign, clock: Clock, work: Callable[[], None], hr: Actor
) -> None:
    for name in ("ana", "eve"):
        join(name, campaign)
    job = edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=NOW).job
    assert job is not None

    batch_work.work(clock, limit=1)
    batches.stop(job.pk, by=hr, now=NOW)
    work()
    assert sorted(ends("ana", "eve")) == [END, LATER]
    batches.start(job.pk, by=hr, now=NOW)
    work()

    assert ends("ana", "eve") == [LATER, LATER]


def test_the_mail_server_follows(
    campaign: Campaign,
    domain: MailDomain,
    client_of_server: StalwartClient,
    run: Callable[[], int],
    clock: Clock,
    work: Callable[[], None],
    hr: Actor,
) -> None:
    join("ana", campaign)
    run()

    clock.pass_(days=3)
    end_campaign(campaign.pk, reason="The client left", typed=1, by=hr, now=clock())
    work()
    run()
    assert client_of_server.mailbox("ana@metrosure.app").locked
    edit_campaign(campaign.pk, ends_at=LATER, by=hr, now=clock())
    work()
    run()

    assert not client_of_server.mailbox("ana@metrosure.app").locked


def test_another_profile_brings_all_that_it_gives(campaign: Campaign, hr: Actor) -> None:
    Profile.objects.create(name="Old", groups=["a@metrosure.app", "b@metrosure.app"])
    Profile.objects.create(name="New", groups=["b@metrosure.app"], denials=["receive"], server_deadline=False)
    ana = join("ana", campaign, profile="Old")

    moved = change_profile(ana.pk, profile="New", by=hr, now=NOW)

    assert (moved.groups, moved.groups_to_leave) == (["b@metrosure.app"], ["a@metrosure.app"])
    assert (moved.denials, moved.server_deadline) == (["receive"], False)
