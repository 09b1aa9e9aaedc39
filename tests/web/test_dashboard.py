"""The first page says first whether somebody has to do something."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, DnsCheck, DnsFinding, MailDomain, Operation, Pulse, QueueSample, Status
from accounts.services import lifecycle
from accounts.services.notices import raise_notice, settle_notice
from tests.factories import TESTER, make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def machinery(now: datetime, db: None) -> None:
    """Everything runs."""
    Pulse.objects.create(
        name="server", at=now, facts={"version": "0.16.18", "generation": "0.16", "edition": "oss", "deadlines": True}
    )
    Pulse.objects.create(name="sweep", at=now, facts={"purges_stopped": None})
    Pulse.objects.create(name="locks", at=now)


def _text(client: Client, path: str = "/") -> str:
    page = client.get(path).content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_first_day_teaches_the_next_step(operator: Client) -> None:
    assert "Open your first mailbox" in _text(operator)


def test_all_quiet(operator: Client, account: Account) -> None:
    page = _text(operator)

    assert "Tuesday 24 November No mailbox is over yet. Nothing needs you." in page
    assert "Every lock is proven, and no change has failed." in page


def _over(now: datetime, **seen: object) -> Account:
    ended = make_account("over@metrosure.app", now=now, name="Sibusiso Mthembu")
    lifecycle.end_account(ended.pk, by=TESTER, now=now)
    Account.objects.filter(pk=ended.pk).update(mailbox_exists=True, **seen)
    return ended


def test_the_first_line_says_that_what_is_over_is_shut(operator: Client, now: datetime) -> None:
    _over(now, mailbox_locked=True, mailbox_seen_at=now)

    assert (
        "Tuesday 24 November Everything that is over is shut. The mail server showed that nobody can sign in to it. "
        "Read back 14:00" in _text(operator)
    )


def test_what_nobody_has_seen_locked_is_not_called_shut(operator: Client, now: datetime) -> None:
    _over(now, mailbox_locked=False, mailbox_seen_at=now)

    page = _text(operator)

    assert "Tuesday 24 November One mailbox that is over is not proven shut." in page
    assert "Everything that is over" not in page


def test_a_mailbox_past_its_day_that_no_sweep_has_ended_is_said_first(
    operator: Client, account: Account, now: datetime
) -> None:
    Account.objects.filter(pk=account.pk).update(ends_at=now - MINUTE)

    assert "Tuesday 24 November One mailbox is past its last day and not ended yet." in _text(operator)


def test_locks_that_were_read_back_too_long_ago_prove_nothing(operator: Client, now: datetime) -> None:
    _over(now, mailbox_locked=True, mailbox_seen_at=now)
    Pulse.objects.filter(name="locks").update(at=now - 60 * MINUTE)

    assert "Everything that is over was shut. But the locks were last read back at 13:00" in _text(operator)


def test_what_needs_somebody_comes_first_the_gravest_on_top(operator: Client, account: Account, now: datetime) -> None:
    ended = make_account("a@metrosure.app", now=now, name="Sibusiso Mthembu")
    lifecycle.end_account(ended.pk, by=TESTER, now=now)
    Operation.objects.filter(account=account).update(status=Status.FAILED, error_code="invalid")
    Pulse.objects.filter(name="sweep").update(at=now - 47 * MINUTE, facts={"purges_stopped": 30})
    Pulse.objects.filter(name="server").update(failing_since=now - 28 * MINUTE, error_code="unreachable")

    page = operator.get("/").content.decode()

    assert "5 things need you." in " ".join(page.split())
    assert [" ".join(title.split()) for title in re.findall(r"<h3>(.*?)</h3>", page, re.DOTALL)] == [
        "The mail server has not answered since 13:32",
        "The sweep, which ends mailboxes on their day, is 47 minutes late",
        "Lock not confirmed: Sibusiso Mthembu",
        "Change failed: Thandi Nkosi",
        "30 purges are held back",
    ]


def test_several_of_a_kind_are_one_line_with_names(operator: Client, now: datetime) -> None:
    for number in range(5):
        account = make_account(f"p{number}@metrosure.app", now=now, name=f"Person {number}")
        lifecycle.end_account(account.pk, by=TESTER, now=now)

    assert "5 locks not confirmed" in _text(operator)
    assert "and 2 more" in _text(operator)


def test_a_mail_server_that_is_away_stands_on_every_page(operator: Client, account: Account, now: datetime) -> None:
    Pulse.objects.filter(name="server").update(failing_since=now - 28 * MINUTE, error_code="unreachable")

    page = _text(operator, "/accounts/")

    assert "The mail server has not answered since 13:32." in page
    assert "1 change waits, for less than a minute, and goes out by itself." in page
    assert "Ends are kept: the server shuts those itself." in page


def test_unknown_is_neither_good_nor_bad(operator: Client, account: Account, now: datetime) -> None:
    Pulse.objects.filter(name="server").update(at=now - 20 * MINUTE)

    page = operator.get("/").content.decode()

    assert "Mail server not asked" in page
    assert "Mail server answers" not in page


def test_the_next_days_name_few_and_count_many(operator: Client, now: datetime) -> None:
    make_account("one@metrosure.app", now=now, name="Johan Pretorius", ends_at=now + DAY)
    for number in range(4):
        make_account(f"p{number}@metrosure.app", now=now, name=f"Person {number}", ends_at=now + 3 * DAY)
    make_account("new@metrosure.app", now=now, name="Kabelo Tshabalala", starts_at=now + 2 * DAY)

    page = _text(operator)

    assert "Wed 25 tomorrow Ends Johan Pretorius" in page
    assert "Thu 26 in 2 days Starts Kabelo Tshabalala" in page
    assert "Fri 27 in 3 days Ends 4 mailboxes Show" in page
    assert "5 end 0 purge 1 start" in page


@pytest.mark.parametrize("asked", ["2026-12-22", "nonsense", "9999-12-31", ""])
def test_other_days_can_be_asked_for(asked: str, operator: Client, account: Account) -> None:
    ahead = "7 days Tue 22 Dec to Mon 28 Dec"
    today = "The next 7 days Tue 24 Nov to Mon 30 Nov"

    assert (ahead if asked == "2026-12-22" else today) in _text(operator, f"/?from={asked}")


def test_the_chart_is_a_table_too(operator: Client, account: Account) -> None:
    page = _text(operator)

    assert "21 Dec 1 Thu 24 Dec, 1" in page


def test_many_accounts_ask_no_more_of_the_database(
    operator: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_account(f"p{number}@metrosure.app", now=now, ends_at=now + (number % 6 + 1) * DAY)

    operator.get("/")
    with django_assert_max_num_queries(21):
        operator.get("/")


def test_a_server_with_another_directory_is_said(operator: Client, now: datetime) -> None:
    Pulse.objects.filter(name="server").update(facts={"generation": "0.16", "external_directory": True})

    page = _text(operator)

    assert "takes its mailboxes from another directory" in page
    assert "Stalwart 0.16 or newer" in page


def test_waiting_mail_is_drawn_and_is_a_table_too(operator: Client, account: Account, now: datetime) -> None:
    hour = timedelta(hours=1)
    for hours_ago, total in ((47, 2), (20, 31), (19.8, 12), (0, 4)):
        at = now - hours_ago * hour
        QueueSample.objects.create(at=at, total=total, oldest_at=at - 3 * hour)

    page = _text(operator)
    drawn = operator.get("/").content.decode()

    assert "Waiting mail, 2 days 4 now, 31 at most" in page
    assert "Mon 23 Nov 15:00 31 3 h" in page
    assert "Mon 23 Nov 09:00 not counted" in page
    assert 'aria-label="4 messages wait now. The most in two days: 31."' in drawn
    # 31 is the highest bar; 12 of the same hour is not drawn.
    assert re.findall(r'y="([\d.]+)" height="([\d.]+)" rx="1.5"', drawn) == [
        ("90.8", "5.2"),
        ("16.0", "80.0"),
        ("85.7", "10.3"),
    ]


def test_waiting_mail_that_was_never_counted(operator: Client, account: Account) -> None:
    assert "Waiting mail, 2 days not counted yet" in _text(operator)


def test_an_open_notice_is_something_to_do(operator: Client, account: Account, now: datetime) -> None:
    raise_notice("queue_stuck", key="queue-stuck", title="12 messages wait", text="Look.", now=now, path="/queue/")
    told = _text(operator)
    settle_notice("queue-stuck", now)

    assert "12 messages wait Since 14:00. Look. Look at it : 12 messages wait" in told
    settled = _text(operator)
    assert "Look at it : 12" not in settled
    assert "12 messages wait Tell people by mail. Asked 14:00" in settled


def test_when_it_was_compared_and_how_much_memory_it_takes(operator: Client, account: Account, now: datetime) -> None:
    before = _text(operator)
    Pulse.objects.create(name="sync", at=now - 3 * timedelta(hours=1))
    Pulse.objects.create(name="memory", at=now, facts={"bytes": 300 * 1024**2})
    after = _text(operator)

    assert "Compared with it not yet" in before
    assert "Memory unknown, because nobody has looked yet" in before
    assert "Compared with it 3 h ago" in after
    assert "Takes 300 MB of memory" in after


def test_each_domain_is_told_the_gravest_first_and_no_more_than_six(operator: Client, now: datetime) -> None:
    for number in range(8):
        MailDomain.objects.create(name=f"d{number}.example.org", created_at=now, seen_at=None if number == 7 else now)
    well, amiss = MailDomain.objects.get(name="d3.example.org"), MailDomain.objects.get(name="d4.example.org")
    about = {"type": "MX", "name": "x", "purpose": "mx", "position": 1, "since": now}
    DnsFinding.objects.create(domain=well, key="mx", verdict="ok", **about)
    DnsFinding.objects.create(domain=amiss, key="mx", verdict="missing", **about)
    for domain in (well, amiss):
        DnsCheck.objects.create(domain=domain, checked_at=now)
    make_account("ana@shop.metrosure.app", now=now)

    page = _text(operator)

    assert (
        "Mail domains d7.example.org The mail server does not have it 0 d4.example.org 1 DNS record to mend 0 "
        "shop.metrosure.app DNS not looked at yet 1 d0.example.org" in page
    )
    assert "and 3 more" in page
    assert "DNS is right" not in page
