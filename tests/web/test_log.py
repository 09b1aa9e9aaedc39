"""The log page: each event a sentence, narrowed, and paged without gaps."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts import audit
from accounts.audit import Action
from accounts.domain.people import Actor
from accounts.models import Account, AuditEvent
from accounts.queries import events
from accounts.services import lifecycle
from tests.conftest import Clock
from tests.factories import TESTER

pytestmark = pytest.mark.django_db
LERATO = Actor(name="lerato", address="10.20.4.18")


def _text(client: Client, query: str = "") -> str:
    page = client.get(f"/audit/{query}").content.decode().split('<section id="list"')[-1]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def week(now: datetime, account: Account) -> None:
    """Ten events of Lerato's, a day apart, after the account was opened."""
    for days in range(10):
        audit.record(
            Action.ACCOUNT_EDITED,
            by=LERATO,
            at=now + timedelta(days=days),
            account=account,
            before={"purpose": f"Round {days}"},
            after={"purpose": f"Round {days + 1}"},
        )


def test_an_event_is_a_sentence_with_what_changed(auditor: Client, account: Account, now: datetime) -> None:
    lifecycle.suspend_account(account.pk, reason="Phone lost", by=LERATO, now=now)

    page = _text(auditor)

    assert "lerato suspended it: thandi.nkosi@metrosure.app" in page
    assert "State before Active after Suspended Phone lost from 10.20.4.18" in page


def test_every_action_of_the_log_has_its_words() -> None:
    assert {action.value for action in Action} == {value for value, _ in events.actions()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("?action=account_created", ["tester"], id="by action"),
        pytest.param("?actor=LERA", ["lerato"] * 10, id="by person"),
        pytest.param("?address=thandi&actor=tester", ["tester"], id="by address"),
        pytest.param("?since=2026-12-01&until=2026-12-02", ["lerato"] * 2, id="by day, both included"),
        pytest.param("?since=nonsense&action=nothing", ["lerato"] * 10 + ["tester"], id="what cannot be read"),
        pytest.param("?address=nobody", [], id="none"),
    ],
)
def test_it_narrows(query: str, found: list[str], auditor: Client, week: None) -> None:
    page = auditor.get(f"/audit/{query}").content.decode().split('<section id="list"')[-1]

    assert re.findall(r'<b class="medium">(\w+)</b>', page) == found


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("path", ["audit/?since={}&until={}", "audit/log.csv?since={}&until={}", "accounts/?ends={}"])
def test_days_out_of_reach_narrow_nothing(path: str, day: str, admin: Client, account: Account) -> None:
    assert admin.get(f"/{path.format(day, day)}").status_code == 200


def test_it_pages_there_and_back(now: datetime, week: None) -> None:
    first = events.find(events.Search(), "", "", now, size=4)
    second = events.find(events.Search(), first.after or "", "", now, size=4)
    back = events.find(events.Search(), "", second.before or "", now, size=4)

    assert [row.id for row in first.rows] == [11, 10, 9, 8]
    assert [row.id for row in second.rows] == [7, 6, 5, 4]
    assert [row.id for row in back.rows] == [11, 10, 9, 8]
    assert back.before is None


def test_erased_values_leave_a_readable_page(auditor: Client, week: None) -> None:
    for event in AuditEvent.objects.all():
        audit.erase_values(event)

    assert "Somebody, name erased" in _text(auditor)


def test_a_full_page_asks_no_more_of_the_database(
    auditor: Client, week: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    auditor.get("/audit/")
    with django_assert_num_queries(7):
        auditor.get("/audit/")


def test_an_empty_log_says_so(auditor: Client) -> None:
    assert "Nothing has happened yet" in _text(auditor)


def test_sentences_tell_the_clock_from_people(auditor: Client, account: Account, now: datetime) -> None:
    lifecycle.sweep(now=account.ends_at)
    lifecycle.extend_account(account.pk, ends_at=account.ends_at + timedelta(days=9), by=TESTER, now=account.ends_at)

    assert "The sweep ended it, its last day is over: thandi.nkosi@metrosure.app" in _text(auditor)


def _lines(client: Client, query: str = "") -> list[dict[str, Any]]:
    whole = b"".join(client.get(f"/audit/log.jsonl{query}")).decode()
    return [json.loads(line) for line in whole.splitlines()]


def test_the_log_is_taken_away_whole_oldest_first(auditor: Client, week: None, account: Account) -> None:
    entries = _lines(auditor)

    assert [entry["id"] for entry in entries] == list(range(1, 12))
    assert entries[1]["before"] == {"purpose": "Round 0"}
    assert entries[1]["client"] == "10.20.4.18"
    assert [entry["previous"] for entry in entries[1:]] == [entry["hash"] for entry in entries[:-1]]


def test_as_shown_means_as_narrowed(auditor: Client, week: None) -> None:
    assert len(_lines(auditor, "?actor=LERA&after=5")) == 10
    assert len(_lines(auditor, "?actor=nobody")) == 0
    assert "Take 10 entries away?" in auditor.get("/audit/export/?actor=lera").content.decode()


def test_taking_the_log_away_is_noted_before_the_first_entry_leaves(auditor: Client, week: None) -> None:
    auditor.get("/audit/log.csv?actor=lera")

    event = AuditEvent.objects.select_related("detail").latest("pk")
    assert event.action == Action.LOG_EXPORTED
    assert event.detail.after == {"rows": 10, "format": "CSV", "filters": {"actor": "lera"}}


def test_nothing_in_a_spreadsheet_is_calculated(auditor: Client, account: Account, now: datetime) -> None:
    lifecycle.suspend_account(account.pk, reason="=HYPERLINK(1)", by=LERATO, now=now)

    whole = b"".join(auditor.get("/audit/log.csv")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(whole)))

    assert rows[-1]["reason"] == "'=HYPERLINK(1)"
    assert rows[-1]["actor"] == "lerato"


@pytest.mark.parametrize("name", ["export/", "log.csv", "log.jsonl"])
def test_whoever_takes_the_log_away_shows_again_who_they_are(
    name: str, auditor: Client, account: Account, clock: Clock
) -> None:
    clock.pass_(seconds=11 * 60)

    answer = auditor.get(f"/audit/{name}?actor=lera")

    assert answer["Location"] == f"/step-up/?next=%2Faudit%2F{name.replace('/', '%2F')}%3Factor%3Dlera"
    assert not AuditEvent.objects.filter(action=Action.LOG_EXPORTED).exists()


def test_values_that_were_erased_leave_as_nothing(auditor: Client, account: Account) -> None:
    audit.erase_values(AuditEvent.objects.get(), "actor")

    assert _lines(auditor)[0]["actor"] is None
