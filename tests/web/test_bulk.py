"""One change for many mailboxes, from the ticks in the list to the report of the job."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts import mailserver
from accounts.models import Account, Batch, BatchRow, Operation, Status
from accounts.services import batch_work, lifecycle
from tests.conftest import Clock
from tests.factories import TESTER, make_account
from tests.web.conftest import PASSWORD

pytestmark = pytest.mark.django_db
WHY = "The shop has closed."


@pytest.fixture
def people(now: datetime, db: None) -> list[Account]:
    """Twelve active ones, of whom the first is suspended."""
    made = [make_account(f"shopper{number}@metrosure.app", now=now, name=f"Shopper {number}") for number in range(12)]
    lifecycle.suspend_account(made[0].pk, reason="Phone lost", by=TESTER, now=now)
    return made


@pytest.fixture
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test should a request ask for the mail server at all."""

    def refuse() -> None:
        raise AssertionError("The mail server was called in a request.")

    monkeypatch.setattr(mailserver, "client", refuse)


def ask(client: Client, change: str, people: list[Account], **given: Any) -> Any:
    picks = [str(account.pk) for account in people]
    return client.post(f"/accounts/bulk/{change}/", {"pick": picks, "asked": "1", **given}, follow=True)


def work(clock: Clock) -> None:
    while batch_work.work(clock):
        pass


def text(answer: Any) -> str:
    """Return what stands on the page, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main")[1]).split())


def test_the_list_has_ticks_for_who_may_change(operator: Client, auditor: Client, people: list[Account]) -> None:
    there, not_there = operator.get("/accounts/").content.decode(), auditor.get("/accounts/").content.decode()

    assert there.count('name="pick"') == 12
    assert "all 12 that match" in there
    assert 'name="pick"' not in not_there
    assert 'id="bulk"' not in not_there


def test_only_an_administrator_is_offered_to_purge_many(operator: Client, admin: Client, people: list[Account]) -> None:
    assert "/accounts/bulk/purge/" not in operator.get("/accounts/").content.decode()
    assert "/accounts/bulk/purge/" in admin.get("/accounts/").content.decode()
    assert operator.post("/accounts/bulk/purge/", {"pick": [people[0].pk]}).status_code == 403


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        pytest.param("extend", "Until when do 2 mailboxes stay open?", id="extend"),
        pytest.param("end", "End 2 mailboxes?", id="end"),
        pytest.param("suspend", "Suspend 2 mailboxes?", id="suspend"),
        pytest.param("reinstate", "Reinstate 2 mailboxes?", id="reinstate"),
        pytest.param("move", "Where do 2 mailboxes go?", id="move"),
        pytest.param("profile", "Which profile for 2 mailboxes?", id="profile"),
        pytest.param("quota", "How much space for 2 mailboxes?", id="quota"),
        pytest.param("purge", "Purge 2 mailboxes?", id="purge"),
    ],
)
def test_each_change_asks_its_question_first(admin: Client, people: list[Account], change: str, asks: str) -> None:
    answer = admin.post(f"/accounts/bulk/{change}/", {"pick": [people[0].pk], "picked": str(people[1].pk)})

    assert answer.status_code == 200
    assert asks in text(answer)
    assert not Batch.objects.exists()


def test_the_plan_says_who_changes_how_and_who_not(operator: Client, people: list[Account], no_server: None) -> None:
    answer = ask(operator, "suspend", people[:3], reason=WHY)
    stay = operator.get(f"{answer.request['PATH_INFO']}?show=skipped")

    assert "Suspend 2 mailboxes?" in text(answer)
    assert "Shuts sign-in of 2 until somebody reinstates them." in text(answer)
    assert "Shopper 1 shopper1@metrosure.app State before Active after Suspended" in text(answer)
    assert "Nothing has happened yet." in text(answer)
    assert "Shopper 0" in text(stay)
    assert "It is suspended already." in text(stay)
    assert Account.objects.filter(state="active").count() == 11


def test_started_it_is_a_job_that_a_worker_carries_out(
    operator: Client, people: list[Account], clock: Clock, no_server: None
) -> None:
    plan = ask(operator, "extend", people[:3], days="7").request["PATH_INFO"]
    started = operator.post(f"{plan}start/", follow=True)
    clock.pass_(seconds=30)
    before = people[1].ends_at
    work(clock)
    over = operator.get(plan)

    assert "0 of 3" in text(started)
    assert 'hx-trigger="every 2s"' in started.content.decode()
    assert "3 of 3 0 done, 3 on the way to the mail server" in text(over)
    people[1].refresh_from_db()
    assert people[1].ends_at == before + timedelta(days=7)


def test_all_that_match_is_a_choice(operator: Client, people: list[Account], now: datetime) -> None:
    make_account("else@metrosure.app", now=now, name="Somebody Else")
    given = {"all": "1", "query": "q=shopper", "pick": [], "asked": "1", "days": "7"}

    answer = operator.post("/accounts/bulk/extend/", given, follow=True)

    assert "Extend 12 mailboxes?" in text(answer)
    assert set(BatchRow.objects.values_list("account", flat=True)) == {account.pk for account in people}


def test_the_brake_wants_the_number_typed(operator: Client, people: list[Account]) -> None:
    plan = ask(operator, "end", people, reason=WHY)
    path = plan.request["PATH_INFO"]
    wrong = operator.post(f"{path}start/", {"number": "11"})
    missing = operator.post(f"{path}start/")
    before = Batch.objects.get().state
    right = operator.post(f"{path}start/", {"number": "12"}, follow=True)

    assert "Type 12, the number of mailboxes" in text(plan)
    assert (wrong.status_code, missing.status_code, before) == (422, 422, "planned")
    assert "Type 12, the number that stands on this page. Nothing has happened yet." in text(wrong)
    assert "0 of 12" in text(right)


def test_a_purge_names_its_effect_and_is_started_by_administrators_alone(
    admin: Client, operator: Client, people: list[Account]
) -> None:
    Account.objects.update(mailbox_used=1024**3, starts_at="2026-05-01T00:00Z", ends_at="2026-06-01T00:00Z")
    answer = ask(admin, "purge", people[:2], reason=WHY)
    path = answer.request["PATH_INFO"]

    assert "Deletes 2 mailboxes and 2 GB of mail, for ever." in text(answer)
    assert operator.post(f"{path}start/", {"number": "2"}).status_code == 403
    assert "0 of 2" in text(admin.post(f"{path}start/", {"number": "2"}, follow=True))


@pytest.mark.parametrize(
    ("change", "given", "said"),
    [
        pytest.param("end", {}, "Write one sentence.", id="no reason"),
        pytest.param("extend", {}, "one of the two", id="neither day nor days"),
        pytest.param("extend", {"days": "7", "last_day": "2027-01-01"}, "one of the two", id="both"),
        pytest.param("extend", {"last_day": "2026-11-01"}, "The last day must lie ahead.", id="a day gone by"),
        pytest.param("extend", {"last_day": "soon"}, "This is no day.", id="no day at all"),
        pytest.param("extend", {"days": "99999"}, "Give a number of days from 1 to", id="too many days"),
        pytest.param("profile", {"profile": "Nope"}, "Nope", id="no such profile"),
        pytest.param("quota", {"quota_0": "", "quota_1": "GB"}, "Fill this in.", id="no space"),
    ],
)
def test_bad_input_stays_on_the_form(
    operator: Client, people: list[Account], change: str, given: dict[str, str], said: str
) -> None:
    answer = ask(operator, change, people[:2], **given)

    assert answer.status_code == 422
    assert said in text(answer)
    assert f'value="{people[0].pk},{people[1].pk}"' in answer.content.decode()
    assert not Batch.objects.exists()


def test_without_a_tick_nothing_is_planned(operator: Client, people: list[Account]) -> None:
    answer = ask(operator, "extend", [], days="7")

    assert "Tick at least one mailbox, or take all that match." in text(answer)


@pytest.mark.parametrize("picked", ["1,2,;drop", "9" * 40, "-1", "x"])
def test_what_is_no_account_is_not_taken(operator: Client, people: list[Account], picked: str) -> None:
    answer = operator.post("/accounts/bulk/extend/", {"picked": picked, "asked": "1", "days": "7"})

    assert answer.status_code in {302, 422}
    assert not BatchRow.objects.exclude(account__in=people).exists()


def test_a_change_that_does_not_exist_is_not_found(operator: Client) -> None:
    assert operator.post("/accounts/bulk/explode/").status_code == 404
    assert operator.get("/accounts/bulk/extend/").status_code == 302


def test_what_failed_is_told_taken_away_and_tried_again(operator: Client, people: list[Account], clock: Clock) -> None:
    path = ask(operator, "extend", people[1:4], days="7").request["PATH_INFO"]
    lifecycle.extend_account_by(people[2].pk, days=1, by=TESTER, now=clock())
    operator.post(f"{path}start/")
    work(clock)
    page = operator.get(path)
    report = b"".join(operator.get(f"{path}report.csv?show=failed")).decode()
    retried = operator.post(f"{path}retry/", follow=True)
    work(clock)

    assert "1 could not be changed." in text(page)
    assert "Retry the 1 that failed" in text(page)
    assert "Somebody changed this account after you looked." in text(page)
    assert report.splitlines()[0] == "\ufeffRow,Name,Address,Change,Result,Reason"
    assert report.splitlines()[1].startswith("2,Shopper 2,shopper2@metrosure.app,Last day: ")
    assert len(report.splitlines()) == 2
    assert "1 is tried again." in retried.content.decode()
    people[2].refresh_from_db()
    assert not BatchRow.objects.exclude(status="done").exists()


def test_what_the_mail_server_refused_is_a_failure_too(operator: Client, people: list[Account], clock: Clock) -> None:
    path = ask(operator, "extend", people[1:3], days="7").request["PATH_INFO"]
    operator.post(f"{path}start/")
    work(clock)
    Operation.objects.filter(account=people[1], status=Status.PENDING).update(
        status=Status.FAILED, error_code="not_permitted"
    )
    page = text(operator.get(path))

    assert "Refused by the mail server" in page
    assert "Retry the 1 that failed" in page


def test_a_job_can_be_stopped_and_gone_on_with(operator: Client, people: list[Account], clock: Clock) -> None:
    path = ask(operator, "extend", people[1:4], days="7").request["PATH_INFO"]
    operator.post(f"{path}start/")
    batch_work.work(clock, limit=1)
    stopped = operator.post(f"{path}stop/", follow=True)
    work(clock)
    rests = BatchRow.objects.filter(status="waiting").count()
    operator.post(f"{path}start/")
    work(clock)

    assert "Stopped. What was done stays done; the rest waits." in text(stopped)
    assert 'hx-trigger="every 2s"' not in stopped.content.decode()
    assert rests == 2
    assert set(BatchRow.objects.values_list("status", flat=True)) == {"done"}


def test_an_auditor_looks_on(auditor: Client, operator: Client, people: list[Account]) -> None:
    path = ask(operator, "end", people[1:3], reason=WHY).request["PATH_INFO"]

    assert "End 2 mailboxes?" in text(auditor.get(path))
    assert "/start/" not in auditor.get(path).content.decode().split("<main")[1].replace(f'action="{path}start/"', "")
    assert auditor.post(f"{path}start/").status_code == 403


def test_the_page_asks_for_its_part_alone(operator: Client, people: list[Account]) -> None:
    path = ask(operator, "extend", people[1:3], days="7").request["PATH_INFO"]
    operator.post(f"{path}start/")

    part = operator.get(path, headers={"HX-Request": "true", "HX-Target": "job"}).content.decode()

    assert "<html" not in part
    assert "0 of 2" in part


def test_rows_of_a_long_plan_are_paged(
    operator: Client, now: datetime, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    people = [make_account(f"many{number}@metrosure.app", now=now, name=f"Many {number:03}") for number in range(60)]
    path = ask(operator, "extend", people, days="7").request["PATH_INFO"]
    with django_assert_max_num_queries(20):
        first = operator.get(path).content.decode()
    after = re.search(r'href="(\?[^"]*after=[^"]+)"', first)

    assert after is not None
    second = operator.get(f"{path}{after[1]}").content.decode()
    assert ("Many 049" in first, "Many 050" in first) == (True, False)
    assert ("Many 049" in second, "Many 059" in second) == (False, True)


def test_many_at_once_ask_again_who_asks_and_lose_nothing(
    operator: Client, people: list[Account], clock: Clock
) -> None:
    ask(operator, "end", people, reason=WHY)
    batch = Batch.objects.get()
    assert batch.number_to_type == 12
    clock.pass_(seconds=11 * 60)

    asked = operator.post(f"/accounts/jobs/{batch.pk}/start/", {"number": "12"})["Location"]
    back = parse_qs(urlsplit(asked).query)["next"][0]
    batch.refresh_from_db()
    assert (urlsplit(asked).path, batch.is_planned) == ("/step-up/", True)
    page = operator.get(operator.post("/step-up/", {"password": PASSWORD, "next": back})["Location"])

    assert re.search(r'name="number"[^>]* value="12"', page.content.decode())
    operator.post(f"/accounts/jobs/{batch.pk}/start/", {"number": "12"})
    batch.refresh_from_db()
    assert not batch.is_planned


def test_a_few_are_started_without_the_question(operator: Client, people: list[Account], clock: Clock) -> None:
    ask(operator, "suspend", people[1:3], reason=WHY)
    batch = Batch.objects.get()
    clock.pass_(seconds=11 * 60)

    operator.post(f"/accounts/jobs/{batch.pk}/start/")

    batch.refresh_from_db()
    assert not batch.is_planned
