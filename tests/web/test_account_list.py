"""The list of accounts: what it shows, finds, sorts and pages, and that it asks the database little."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.domain.lifecycle import State
from accounts.models import Account, Operation, Status
from accounts.queries import accounts as queries
from accounts.queries import asked
from accounts.services import accounts as services
from accounts.services import lifecycle
from tests.factories import TESTER, make_account

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
AS_PART = {"HX-Request": "true", "HX-Target": "list"}


def _names(client: Client, query: str = "") -> list[str]:
    """Return the names in the list, in order."""
    page = client.get(f"/accounts/{query}").content.decode()
    return re.findall(r'class="who clip"[^>]*>([^<]*)<', page)


def _links(client: Client, query: str = "") -> dict[str, str]:
    page = client.get(f"/accounts/{query}").content.decode()
    return {
        name: re.sub("&amp;", "&", href)
        for name, href in re.findall(
            r'id="(before|after)"\s+href="([^"]*)"', re.sub(r'class="btn btn-sm"\s+', "", page)
        )
    }


@pytest.fixture
def people(now: datetime) -> list[Account]:
    """Five people whose terms end a day apart, in no order of names."""
    names = ["Mpho Radebe", "Ané Coetzee", "Zanele Dlamini", "Lwazi Dube", "Chloé Müller"]
    return [
        make_account(f"person.{number}@metrosure.app", now=now, name=name, ends_at=now + (number + 1) * DAY)
        for number, name in enumerate(names)
    ]


def test_an_empty_panel_teaches_the_next_step(operator: Client) -> None:
    page = operator.get("/accounts/").content.decode()

    assert "Open your first mailbox" in page


def test_soonest_end_comes_first(operator: Client, people: list[Account]) -> None:
    assert _names(operator) == ["Mpho Radebe", "Ané Coetzee", "Zanele Dlamini", "Lwazi Dube", "Chloé Müller"]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("name", "Ané Coetzee"), ("-name", "Zanele Dlamini"), ("-end", "Chloé Müller"), ("-address", "Chloé Müller")],
)
def test_it_sorts_both_ways(sort: str, first: str, operator: Client, people: list[Account]) -> None:
    assert _names(operator, f"?sort={sort}")[0] == first


def test_a_sort_that_is_none_is_left_out(operator: Client, people: list[Account]) -> None:
    assert len(_names(operator, "?sort=password&size=9999&state=nowhere&after=%00&before=bm9uc2Vuc2U")) == 5


@pytest.mark.parametrize(
    "text",
    ["thandi", "NKOSI", "thandi.nkosi@", "riaan", "shopper026", "pharmacies", "spring gauteng", "nkosi spring"],
)
def test_it_finds_by_everything_people_know(text: str, operator: Client, now: datetime, people: list[Account]) -> None:
    make_account(
        now=now,
        owner="riaan.botha",
        purpose="Visits to pharmacies",
        campaign="Spring audit Gauteng",
        aliases=["shopper026@metrosure.app"],
    )

    assert _names(operator, f"?q={text}") == ["Thandi Nkosi"]


def test_search_takes_signs_of_the_database_as_they_are(operator: Client, people: list[Account]) -> None:
    assert _names(operator, "?q=%25") == []
    assert _names(operator, "?q=_") == []


def test_search_finds_the_record_of_a_purged_mailbox(operator: Client, account: Account) -> None:
    Account.objects.update(state=State.PURGED, purged_at=account.ends_at, ends_at=account.starts_at)

    assert _names(operator) == []
    assert _names(operator, "?q=thandi") == ["Thandi Nkosi"]


def test_a_search_without_a_match_says_where_else_to_look(operator: Client, people: list[Account]) -> None:
    page = operator.get("/accounts/?q=thandeka&state=suspended").content.decode()

    assert "Nobody found for “thandeka”" in page
    assert "Search all 5" in " ".join(page.split())


def test_filters_go_together(operator: Client, now: datetime, people: list[Account]) -> None:
    lifecycle.suspend_account(people[1].pk, reason="phone lost", by=TESTER, now=now)
    make_account("far@shop.metrosure.app", now=now, name="Far Away", ends_at=now + 200 * DAY)

    assert _names(operator, "?state=suspended") == ["Ané Coetzee"]
    assert _names(operator, "?state=suspended&state=active&domain=shop.metrosure.app") == ["Far Away"]
    assert "Far Away" not in _names(operator, "?look=ending")
    assert len(_names(operator, "?look=ending")) == 4


def test_it_shows_what_wants_a_look(operator: Client, now: datetime, people: list[Account]) -> None:
    lifecycle.end_account(people[0].pk, by=TESTER, now=now)
    Operation.objects.filter(account=people[1]).update(status=Status.FAILED, error_code="invalid")

    assert _names(operator, "?look=unproven") == ["Mpho Radebe"]
    assert _names(operator, "?look=failed") == ["Ané Coetzee"]
    page = operator.get("/accounts/").content.decode()
    assert "lock not confirmed" in page
    assert "change failed" in page


def test_who_ends_on_a_day(operator: Client, now: datetime, people: list[Account]) -> None:
    assert _names(operator, "?ends=2026-11-25") == ["Mpho Radebe"]


def test_saved_views_carry_their_counts(operator: Client, people: list[Account]) -> None:
    page = " ".join(operator.get("/accounts/").content.decode().split())

    assert 'Current <span class="tab-count">5</span>' in page
    assert 'Ends in 7 days <span class="tab-count">5</span>' in page
    assert 'Lock not confirmed <span class="tab-count">0</span>' in page


@pytest.mark.parametrize("sort", ["end", "-end", "name", "-name", "address", "state", "-state"])
def test_pages_show_every_row_once_there_and_back(
    sort: str, now: datetime, people: list[Account], django_user_model: type
) -> None:
    lifecycle.suspend_account(people[2].pk, reason="phone lost", by=TESTER, now=now)
    filters = replace(asked.read(f"sort={sort}&state=all"), size=2)
    whole = [row.name for row in queries.find(replace(filters, size=50), None, now).rows]
    there, cursor = [], None
    while True:
        page = queries.find(filters, cursor, now)
        there.append([row.name for row in page.rows])
        if page.after is None:
            break
        cursor = filters.cursor(page.after, "")
    back = [there[-1]]
    while page.before is not None:
        page = queries.find(filters, filters.cursor("", page.before), now)
        back.insert(0, [row.name for row in page.rows])

    assert list(chain.from_iterable(there)) == whole
    assert back == there


def test_a_page_stays_where_it_is_when_somebody_is_added(now: datetime, people: list[Account]) -> None:
    filters = replace(asked.read(""), size=2)
    first = queries.find(filters, None, now)
    make_account("early@metrosure.app", now=now, name="Early Bird", ends_at=now + timedelta(hours=2))

    second = queries.find(filters, filters.cursor(first.after or "", ""), now)

    assert [row.name for row in second.rows] == ["Zanele Dlamini", "Lwazi Dube"]


def test_htmx_gets_the_table_alone_and_the_count_to_say(operator: Client, people: list[Account]) -> None:
    part = operator.get("/accounts/?q=dube", headers=AS_PART).content.decode()

    assert "<html" not in part
    assert re.search(r'data-say="\s*1 mailbox\s*"', part)
    assert 'hx-swap-oob="true"' in part


def test_going_back_in_the_browser_gets_the_whole_page(operator: Client, people: list[Account]) -> None:
    headers = {**AS_PART, "HX-History-Restore-Request": "true"}

    assert "<html" in operator.get("/accounts/", headers=headers).content.decode()


def test_a_long_list_asks_no_more_of_the_database(
    operator: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_account(f"p{number}@metrosure.app", now=now, name=f"Person {number}", campaign=f"Campaign {number % 3}")

    operator.get("/accounts/")  # the first request also loads what stays loaded
    with django_assert_num_queries(17):
        operator.get("/accounts/?size=25")


def test_an_address_keeps_its_own_letters_from_being_a_page(operator: Client, now: datetime) -> None:
    make_account(now=now, name="<b>Thandi</b>")

    assert "<b>Thandi</b>" not in operator.get("/accounts/").content.decode()


def test_editing_shows_in_the_list(operator: Client, account: Account, now: datetime) -> None:
    services.edit_account(account.pk, name="Thandi Dube", by=TESTER, now=now)

    assert _names(operator) == ["Thandi Dube"]
