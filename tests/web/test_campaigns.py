"""Campaigns and profiles by page: looked at before anything happens, and told by name afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.domain.people import Actor, Role
from accounts.models import Account, Campaign, Profile
from accounts.services import batch_work
from accounts.services.campaigns import create_campaign, end_campaign
from accounts.services.profiles import create_profile
from accounts.web.fields import SizeWidget
from tests.conftest import NOW, Clock
from tests.factories import make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def campaign(hr: Actor) -> Campaign:
    return create_campaign(name="Spring audit", owner="lead@metrosure.app", ends_at=NOW + 30 * DAY, by=hr, now=NOW)


@pytest.fixture
def admin(signed_in: Callable[[Role], Client]) -> Client:
    return signed_in(Role.ADMIN)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def sent(campaign: Campaign, **given: Any) -> dict[str, Any]:
    """Return what the form of a campaign sends; nothing is touched but what is given."""
    return {
        "version": campaign.version,
        "name": campaign.name,
        "owner": campaign.owner,
        "first_day": "",
        "last_day": "2026-12-24",
        "profile": "",
        "note": "",
        **given,
    }


def join(name: str, campaign: Campaign, **given: Any) -> Account:
    words: dict[str, Any] = {"name": name.title(), "ends_at": None, **given}
    return make_account(f"{name}@metrosure.app", now=NOW, campaign=campaign.name, **words)


def test_an_empty_list_teaches_the_next_step(operator: Client) -> None:
    assert "Make the first campaign" in text(operator.get("/campaigns/"))


def test_the_list_counts_by_what_runs(operator: Client, campaign: Campaign, hr: Actor) -> None:
    join("ana", campaign)
    old = create_campaign(name="Old one", owner="lead@metrosure.app", by=hr, now=NOW)
    end_campaign(old.pk, reason="Over", by=hr, now=NOW)

    running, over = text(operator.get("/campaigns/")), text(operator.get("/campaigns/?show=over"))

    assert "Spring audit" in running
    assert "1 mailbox, 1 active" in running
    assert "Old one" not in running
    assert "Old one" in over
    assert 'Running <span class="tab-count">1</span>' in running


def test_a_campaign_is_made(operator: Client) -> None:
    typed = {"name": "Autumn", "owner": "lead@metrosure.app", "last_day": "2026-12-18"}

    page = text(operator.post("/campaigns/new/", typed, follow=True))

    campaign = Campaign.objects.get()
    assert campaign.ends_at == datetime.fromisoformat("2026-12-19T00:00+02:00")
    assert "Last day Fri 18 Dec, in 24 days" in page
    assert "made the campaign" in page


def test_a_mistake_keeps_what_was_typed(operator: Client) -> None:
    answer = operator.post("/campaigns/new/", {"name": "Autumn", "owner": "Palesa", "last_day": "2026-11-01"})

    page = text(answer)
    assert answer.status_code == 422
    assert "“Palesa” is no e-mail address." in page
    assert "The last day must lie ahead." in page
    assert 'value="Autumn"' in page


def test_the_page_of_one_shows_who_has_dates_of_their_own(operator: Client, campaign: Campaign) -> None:
    join("ana", campaign)
    join("own", campaign, ends_at=NOW + 9 * DAY)

    page = text(operator.get(f"/campaigns/{campaign.pk}/"))

    assert page.count("its own") == 1
    assert "1 of 2" in page
    assert "/accounts/?state=active&amp;campaign=Spring%20audit" in page


def test_other_dates_are_looked_at_first(operator: Client, campaign: Campaign, clock: Clock) -> None:
    join("ana", campaign)
    own, stays = join("own", campaign, ends_at=NOW + 9 * DAY), join("stays", campaign, ends_at=NOW + 5 * DAY)
    typed = sent(campaign, last_day="2027-01-15")

    asked = text(operator.post(f"/campaigns/{campaign.pk}/edit/", typed))
    campaign.refresh_from_db()
    assert "1 mailbox goes by these dates" in asked
    assert "2 have dates of their own and stay" in asked
    assert f'name="also" value="{own.pk}"' in asked
    assert campaign.ends_at == NOW + 30 * DAY

    done = operator.post(f"/campaigns/{campaign.pk}/edit/", {**typed, "looked": "1", "also": [own.pk]}, follow=True)
    while batch_work.work(clock):
        pass

    assert "2 mailboxes move with it." in text(done)
    page = text(operator.get(f"/campaigns/{campaign.pk}/"))
    assert "2 moved, 1 not" in page
    assert "(Stays)" in page
    ends = dict(Account.objects.values_list("name", "ends_at"))
    assert ends["Ana"] == ends["Own"] == datetime.fromisoformat("2027-01-16T00:00+02:00")
    assert ends["Stays"] == stays.ends_at


def test_a_note_alone_moves_nobody(operator: Client, campaign: Campaign) -> None:
    """Not even where the campaign ends in the middle of its last day, as one does that was ended by hand."""
    account = join("ana", campaign)

    page = text(operator.post(f"/campaigns/{campaign.pk}/edit/", sent(campaign, note="Hello"), follow=True))

    campaign.refresh_from_db()
    account.refresh_from_db()
    assert "“Spring audit” is changed." in page
    assert (campaign.note, campaign.ends_at, account.version) == ("Hello", NOW + 30 * DAY, 1)


def test_the_second_of_two_editors_is_told(operator: Client, campaign: Campaign) -> None:
    operator.post(f"/campaigns/{campaign.pk}/edit/", sent(campaign, note="First"))

    stale = operator.post(f"/campaigns/{campaign.pk}/edit/", sent(campaign, note="Second"))

    assert stale.status_code == 422
    assert "Somebody else changed this while you had it open." in text(stale)
    assert 'name="version" value="2"' in text(stale)


def test_ending_all_of_it_asks_for_the_number(operator: Client, campaign: Campaign, clock: Clock) -> None:
    for name in ("ana", "eve"):
        join(name, campaign)
    path = f"/campaigns/{campaign.pk}/end/"

    assert "Shuts sign-in of 2 mailboxes right away." in text(operator.get(path))
    wrong = operator.post(path, {"reason": "The client left", "number": "3"})
    operator.post(path, {"reason": "The client left", "number": "2"})
    while batch_work.work(clock):
        pass

    assert (wrong.status_code, "Type 2" in text(wrong)) == (422, True)
    assert set(Account.objects.values_list("state", flat=True)) == {"ended"}


def test_a_new_mailbox_needs_only_a_name_in_a_campaign(operator: Client, campaign: Campaign, hr: Actor) -> None:
    create_profile(name="Shopper", address_pattern="shopper{n:03}", by=hr, now=NOW)
    Campaign.objects.update(profile=Profile.objects.get(name="Shopper"))
    make_account("shopper001@metrosure.app", now=NOW)

    form = text(operator.get("/accounts/new/?campaign=Spring+audit"))
    offered = text(operator.get("/accounts/new/address/?name=Ana&address_1=metrosure.app&campaign=Spring+audit"))
    operator.post("/accounts/new/", {"name": "Ana", "address_1": "metrosure.app", "campaign": "Spring audit"})

    assert 'value="Spring audit"' in form
    assert "shopper002@metrosure.app" in offered
    account = Account.objects.get(address="shopper002@metrosure.app")
    assert (account.owner, account.ends_at, account.profile.name) == ("lead@metrosure.app", campaign.ends_at, "Shopper")


def test_the_list_of_mailboxes_can_be_narrowed_to_one(operator: Client, campaign: Campaign) -> None:
    join("ana", campaign)
    make_account("eve@metrosure.app", name="Eve", now=NOW)

    page = text(operator.get("/accounts/?campaign=Spring+audit"))

    assert "Ana" in page
    assert "eve@" not in page
    assert "Remove filter: campaign" in page


def test_an_account_is_put_to_the_end_of_its_campaign(operator: Client, campaign: Campaign) -> None:
    account = join("own", campaign, ends_at=NOW + 9 * DAY)
    path = f"/accounts/{account.pk}/"
    assert "To campaign end" in text(operator.get(path))

    page = text(operator.post(f"{path}follow/", {"version": 1}, follow=True))

    account.refresh_from_db()
    assert (account.ends_at, account.follows_campaign) == (campaign.ends_at, True)
    assert "To campaign end" not in page


def test_profiles_are_shown_and_made(admin: Client) -> None:
    assert "No profile yet" in text(admin.get("/campaigns/profiles/"))

    typed = {
        "name": "Shopper", "address_pattern": "{first:1}{last}", "quota_0": "500", "quota_1": "MB",
        "grace_days": "7", "retention_days": "30", "denials": ["directory", "receive"],
    }  # fmt: skip
    page = text(admin.post("/campaigns/profiles/new/", typed, follow=True))

    assert "kvandermerwe@" in page
    assert "7 days of grace, then kept 30 days" in page
    assert "Shopper" in text(admin.get("/campaigns/profiles/"))
    profile = Profile.objects.get()
    assert (profile.quota, profile.denials) == (500 * 1024**2, ["directory", "receive"])


def test_a_change_of_a_profile_asks_about_those_that_exist(admin: Client, clock: Clock, hr: Actor) -> None:
    profile = create_profile(name="Shopper", quota=500 * 1024**2, by=hr, now=NOW)
    for name in ("ana", "eve"):
        make_account(f"{name}@metrosure.app", now=NOW, profile="Shopper")
    make_account("own@metrosure.app", now=NOW, profile="Shopper", quota=7)
    path = f"/campaigns/profiles/{profile.pk}/edit/"
    typed = {
        "version": 1, "name": "Shopper", "address_pattern": "{first}.{last}", "quota_0": "2", "quota_1": "GB",
        "grace_days": "14", "retention_days": "90", "denials": ["directory"], "mail_before_start": "on",
        "server_deadline": "on",
    }  # fmt: skip

    asked = text(admin.post(path, typed))
    assert "Are 2 mailboxes that exist meant too?" in asked
    assert "1 more has values of its own and keeps them." in asked
    profile.refresh_from_db()
    assert profile.version == 1
    done = text(admin.post(path, {**typed, "existing": "also"}, follow=True))
    while batch_work.work(clock):
        pass

    assert "2 mailboxes take it over." in done
    assert sorted(Account.objects.values_list("quota", flat=True)) == [7, 2 * 1024**3, 2 * 1024**3]


def test_only_new_ones_leaves_the_others(admin: Client, hr: Actor) -> None:
    profile = create_profile(name="Shopper", by=hr, now=NOW)
    make_account(now=NOW, profile="Shopper")
    typed = {
        "version": 1, "name": "Shopper", "address_pattern": "{first}.{last}", "quota_0": "1", "quota_1": "GB",
        "grace_days": "1", "retention_days": "90", "denials": ["directory"], "mail_before_start": "on",
        "server_deadline": "on", "existing": "new",
    }  # fmt: skip

    page = text(admin.post(f"/campaigns/profiles/{profile.pk}/edit/", typed, follow=True))

    assert "is changed, for new mailboxes." in page
    assert Account.objects.get().grace_days == 14


def test_a_bad_pattern_is_refused_with_an_example(admin: Client) -> None:
    typed = {"name": "Shopper", "address_pattern": "{name}", "grace_days": "1", "retention_days": "1"}

    answer = admin.post("/campaigns/profiles/new/", typed)

    assert answer.status_code == 422
    assert "“{name}” means nothing here. Use {first}, {last} or {n}." in text(answer)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        pytest.param(500 * 1024**2, ["500", "MB"], id="zeros before the point stay"),
        pytest.param(10 * 1024**3, ["10", "GB"], id="ten"),
        pytest.param(1536 * 1024**2, ["1536", "MB"], id="one and a half"),
        pytest.param(1024**2 + 1024**2 // 2, ["1.5", "MB"], id="a figure behind the point"),
        pytest.param(0, ["0", "GB"], id="no limit"),
    ],
)
def test_a_size_is_shown_as_it_is(size: int, shown: list[str]) -> None:
    assert SizeWidget().decompress(size) == shown
