"""The page of one account: its life, the proof, what happened, and only what can be done now."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import mailserver, outbox
from accounts.domain.lifecycle import State
from accounts.domain.people import Role
from accounts.models import Account, Operation, Status
from accounts.services import lifecycle
from accounts.services.accounts import edit_account, set_password
from accounts.services.lifecycle import extend_account
from stalwart_client.simulator import Simulator
from tests.conftest import Clock
from tests.factories import TESTER, make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def _text(client: Client, account: Account) -> str:
    """Return what a person reads on the page."""
    page = client.get(f"/accounts/{account.pk}/").content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def settled(account: Account, quiet_server: Simulator, clock: Clock) -> Callable[[], None]:
    """Let the mail server take everything that waits."""
    mailserver.client().create_domain("metrosure.app")

    def run() -> None:
        while outbox.work(clock):
            pass

    return run


def test_it_is_amber_until_the_server_was_read_back(
    operator: Client, account: Account, settled: Callable[[], None], now: datetime
) -> None:
    set_password(account.pk, by=TESTER, now=now)
    extend_account(account.pk, ends_at=datetime(2026, 12, 18, 22, tzinfo=UTC), by=TESTER, now=now)
    assert "Being set up. Next try 14:00." in _text(operator, account)

    settled()

    page = _text(operator, account)
    assert "Open, as it should be." in page
    assert "sign-in allowed, and it shuts by itself at the end of Fri 18 Dec" in page


def test_a_lock_is_green_only_once_it_is_proven(
    operator: Client, account: Account, settled: Callable[[], None], now: datetime
) -> None:
    settled()
    lifecycle.suspend_account(account.pk, reason="Phone lost", by=TESTER, now=now)

    before = _text(operator, account)
    settled()
    after = _text(operator, account)

    assert "Suspended, lock not confirmed" in before
    assert "Being locked." in before
    assert "Locked, as it should be." in after
    assert "not confirmed" not in after


def test_a_change_that_waits_says_how_often_it_was_tried_and_when_again(
    operator: Client, account: Account, now: datetime
) -> None:
    Operation.objects.update(attempts=3, error_code="unreachable", due_at=now + timedelta(minutes=34))

    page = _text(operator, account)

    assert "Tried 3 times, next try 14:34. The mail server does not answer." in page
    assert "Try now" in page


def test_a_change_that_failed_is_red_with_what_to_do(operator: Client, account: Account) -> None:
    Operation.objects.update(status=Status.FAILED, error_code="already_exists", attempts=1)

    page = operator.get(f"/accounts/{account.pk}/").content.decode()

    assert "proof is-bad" in page
    assert "It was made outside of this panel and was left alone." in page
    assert "Try again" in page


@pytest.mark.parametrize(
    ("starts", "ends", "offered"),
    [
        pytest.param(2, 30, {"extend", "end", "hold", "password", "edit"}, id="scheduled"),
        pytest.param(-9, 30, {"extend", "end", "suspend", "hold", "password", "edit"}, id="active"),
        pytest.param(-9, -2, {"extend", "reinstate", "hold", "edit"}, id="ended"),
        pytest.param(-90, -60, {"extend", "reinstate", "hold", "edit"}, id="closed"),
        pytest.param(-300, -200, {"extend", "reinstate", "purge", "hold", "edit"}, id="retention over"),
    ],
)
def test_only_what_can_be_done_now_is_shown(
    starts: int, ends: int, offered: set[str], admin: Client, account: Account, now: datetime
) -> None:
    Account.objects.update(
        starts_at=now + starts * DAY,
        ends_at=now + ends * DAY,
        closes_at=now + (ends + 14) * DAY,
        purges_at=now + (ends + 104) * DAY,
    )

    page = admin.get(f"/accounts/{account.pk}/").content.decode()

    assert set(re.findall(rf'"/accounts/{account.pk}/(\w+)/"', page)) - {"check", "flow"} == offered


def test_buttons_name_the_day_they_lead_to(operator: Client, account: Account) -> None:
    page = _text(operator, account)

    assert "+7 d Thu 31 Dec" in page
    assert "+30 d Sat 23 Jan 2027" in page


def test_the_strip_marks_today_among_the_days(operator: Client, now: datetime) -> None:
    account = make_account(now=now, starts_at=now + 2 * DAY)

    page = operator.get(f"/accounts/{account.pk}/").content.decode()
    strip = page[page.index("<ol class") : page.index("</ol>")]

    assert re.findall(r'class="k">([^<]+)<', strip) == [
        "Recorded",
        "Today",
        "First day",
        "Ends, last day",
        "Grace until",
        "Purge",
    ]
    assert re.findall(r">(\w{3} \d+ \w{3}(?: 2027)?)</time>", strip) == [
        "Tue 24 Nov",
        "Tue 24 Nov",
        "Thu 26 Nov",
        "Thu 24 Dec",
        "Thu 7 Jan 2027",
        "Wed 7 Apr 2027",
    ]
    assert strip.count('aria-current="step"') == 1


def test_the_log_stands_on_the_page_with_before_and_after(operator: Client, account: Account, now: datetime) -> None:
    lifecycle.extend_account(account.pk, ends_at=now + 40 * DAY, reason="Visits moved", by=TESTER, now=now)
    edit_account(account.pk, owner="Palesa Molefe", by=TESTER, now=now)

    page = _text(operator, account)

    assert "tester moved the last day" in page
    assert "Last day before Thu 24 Dec after Sun 3 Jan 2027 Visits moved" in page
    assert "Owner before palesa@metrosure.app after Palesa Molefe" in page


def test_nobody_reads_numbers_of_ours_or_names_of_the_program(operator: Client, account: Account) -> None:
    page = _text(operator, account)

    for internal in ("ends_at", "account_created", "State.ACTIVE", "None", "True", "False"):
        assert internal not in page


def test_a_purged_mailbox_is_a_record(operator: Client, account: Account, now: datetime) -> None:
    Account.objects.update(
        state=State.PURGED,
        purged_at=now,
        starts_at=now - 300 * DAY,
        ends_at=now - 200 * DAY,
        mailbox_exists=False,
        mailbox_seen_at=now,
    )
    Operation.objects.all().delete()

    page = _text(operator, account)

    assert "Deleted, as it should be." in page
    assert "Extend" not in page


def test_while_a_change_is_on_its_way_the_proof_asks_again(operator: Client, account: Account) -> None:
    path = f"/accounts/{account.pk}/"
    page = operator.get(path).content.decode()

    part = operator.get(path, headers={"HX-Request": "true", "HX-Target": "proof"}).content.decode()

    assert 'hx-trigger="every 4s"' in page
    assert part.strip().startswith('<div class="proof')
    assert part.count('hx-swap-oob="true"') == 3


def test_a_long_history_asks_no_more_of_the_database(
    operator: Client, account: Account, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        edit_account(account.pk, purpose=f"Round {number}", by=TESTER, now=now)

    operator.get(f"/accounts/{account.pk}/")
    with django_assert_num_queries(10):
        operator.get(f"/accounts/{account.pk}/")


def test_no_such_account_is_a_page_that_says_so(operator: Client) -> None:
    answer = operator.get("/accounts/4711/")

    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_the_same_account(role: Role, signed_in: Callable[[Role], Client], account: Account) -> None:
    assert "Thandi Nkosi" in _text(signed_in(role), account)
