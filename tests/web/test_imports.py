"""Bringing a list by page: upload, look, mend, carry out, report; the sample sheet gives 46 and 5."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import mailserver
from accounts.domain.lifecycle import State
from accounts.models import Account, ImportFile, MailDomain, Operation, Staff
from accounts.services import batch_work, import_start, imports
from tests.conftest import Clock
from tests.sheets import SAMPLE, sheet_of


@pytest.fixture
def clock() -> Clock:
    """The Saturday before the first of the sample sheet begin."""
    return Clock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))


@pytest.fixture(autouse=True)
def metrosure(quiet_server: object, clock: Clock, db: None) -> MailDomain:
    mailserver.client().create_domain("metrosure.app")
    return MailDomain.objects.create(name="metrosure.app", created_at=clock(), seen_at=clock())


@pytest.fixture
def carry_out(clock: Clock, run: Callable[[], int]) -> Callable[[], None]:
    def work() -> None:
        while batch_work.work(clock):
            pass
        run()

    return work


def bring(client: Client, data: bytes, name: str = "people.csv") -> str:
    """Upload a sheet and return the address of its page."""
    answer = client.post("/imports/new/", {"file": SimpleUploadedFile(name, data), "cells": ""})
    assert answer.status_code == 302, text_of(answer)
    return str(answer["Location"])


def text_of(answer: Any) -> str:
    body = b"".join(answer) if answer.streaming else answer.content
    return " ".join(body.decode().split())


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return text_of(answer)


def test_the_sample_sheet_is_brought_checked_and_carried_out(operator: Client, carry_out: Callable[[], None]) -> None:
    path = bring(operator, SAMPLE, "roster-2026-spring.csv")

    page = page_of(operator, path)
    assert ImportFile.objects.get().counts == {"create": 46, "problem": 5}
    assert "roster-2026-spring.csv" in page
    assert "5 rows with a problem, then the rest" in page
    for said in ("Row 4 again", "Row 12 has the same name", "lies before the first day", "no last day", "a formula"):
        assert said in page
    assert "New campaigns are made: Spring audit Gauteng, Summer audit Cape." in page
    assert not Account.objects.exists()

    started = operator.post(f"{path}start/", {"expected": "46"}, follow=True)
    assert "You can close this page, the work goes on." in text_of(started)
    carry_out()

    page = page_of(operator, path)
    assert "46 of 46" in page
    assert "5 rows with a problem were left out." in page
    seen = mailserver.client().mailboxes_at(Account.objects.values_list("address", flat=True))
    assert len(seen) == 46
    report = text_of(operator.get(f"{path}not-done.csv"))
    assert report.count("MS-19") == 4
    assert "Row 4 again" in report


def test_the_same_sheet_again_says_that_all_is_done(operator: Client, carry_out: Callable[[], None]) -> None:
    operator.post(f"{bring(operator, SAMPLE)}start/", {"expected": "46"})
    carry_out()
    before = Operation.objects.count()

    page = page_of(operator, bring(operator, SAMPLE))

    assert '46</b><span class="sub">done already' in page
    assert "/start/" not in page
    assert Operation.objects.count() == before


def test_pasted_cells_are_a_list_too(operator: Client) -> None:
    cells = "Naam\tNommer\tLaaste dag\tEienaar\nAna Meyer\tMS-1\t18 Des 2026\tlead@metrosure.app"

    answer = operator.post("/imports/new/", {"cells": cells}, follow=True)

    page = text_of(answer)
    assert "Pasted cells" in page
    assert "ana.meyer@metrosure.app" in page
    assert "Create 1" in page


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"%PDF-1.7", "This is no spreadsheet.", id="a PDF"),
        pytest.param(b"", "There is nothing in this file.", id="nothing"),
        pytest.param(
            b"Name,End\n" + b"x" * 200_000 + b",y\n", "A cell in line 2 is longer than 4000", id="a long cell"
        ),
    ],
)
def test_a_file_that_cannot_be_read_is_said_beside_the_field(operator: Client, data: bytes, said: str) -> None:
    answer = operator.post("/imports/new/", {"file": SimpleUploadedFile("people.csv", data), "cells": ""})

    assert answer.status_code == 422
    assert said in text_of(answer)


def test_no_file_and_no_cells_is_said(operator: Client) -> None:
    answer = operator.post("/imports/new/", {"cells": "  "})

    assert answer.status_code == 422
    assert "Choose a file, or paste cells below." in text_of(answer)


def test_more_cells_than_can_be_pasted_are_a_sentence(operator: Client) -> None:
    long, absurd = ("Name\n" + "x" * number for number in (2_600_000, 11_000_000))

    refused = operator.post("/imports/new/", {"cells": long})
    too_large = operator.post("/imports/new/", {"cells": absurd})

    assert (refused.status_code, too_large.status_code) == (422, 413)
    assert "These are too many cells to paste." in refused.content.decode()
    assert "A long list goes in as a file." in text_of(too_large)


def test_pasted_cells_that_cannot_be_read_are_kept(operator: Client) -> None:
    answer = operator.post("/imports/new/", {"cells": 'Name\tLast day\n"Ana\t18/12/2026'})

    assert answer.status_code == 422
    assert "&quot;Ana" in text_of(answer)


def test_a_row_is_mended_where_it_stands(operator: Client) -> None:
    path = bring(operator, b"Name,No,Last day,Owner\nAna Meyer,MS-1,,lead@metrosure.app\n")
    assert 'name="ends_at"' in page_of(operator, path)

    answer = operator.post(f"{path}rows/1/", {"ends_at": "18/12/2026", "look": "show=all"}, follow=True)

    assert answer.redirect_chain == [(f"{path}?show=all", 302)]
    assert "Create 1" in text_of(answer)


def test_days_the_wrong_way_round_are_swapped_by_a_button(operator: Client) -> None:
    path = bring(operator, b"Name,No,Start,End,Owner\nAna Meyer,MS-1,18/12/2026,23/11/2026,lead@metrosure.app\n")
    assert "Swap them" in page_of(operator, path)

    cells = {"starts_at": "18/12/2026", "ends_at": "23/11/2026", "answer": "swap_days"}
    page = text_of(operator.post(f"{path}rows/1/", cells, follow=True))

    assert "Create 1" in page
    assert "Swap them" not in page


def test_a_question_is_answered_by_a_button(operator: Client) -> None:
    path = bring(operator, b"Name,No,Last day,Owner\nAna Meyer,MS-1,03/04/2027,lead@metrosure.app\n")
    assert "Thu 4 Mar 2027" in page_of(operator, path)

    answer = operator.post(f"{path}rows/1/", {"ends_at": "03/04/2027", "answer": "month_first"}, follow=True)

    assert ImportFile.objects.get().rows.get().judged["last_day"] == "2027-03-04"
    assert "Create 1" in text_of(answer)


def test_columns_are_chosen_and_two_alike_are_refused(operator: Client) -> None:
    path = bring(operator, b"Who,No,Bye,Owner\nAna Meyer,MS-1,18/12/2026,lead@metrosure.app\n")

    twice = operator.post(f"{path}columns/", {"column": ["name", "name", "ends_at", "owner"]}, follow=True)
    right = operator.post(f"{path}columns/", {"column": ["name", "", "ends_at", "owner"]}, follow=True)

    assert "These columns are to mean the same: Who, No." in text_of(twice)
    assert "Create 1" in text_of(right)


def test_a_roster_shows_whom_it_ends_and_asks_for_their_number(operator: Client, carry_out: Callable[[], None]) -> None:
    everybody = [f"Person {letter}" for letter in "ABCDEF"]
    operator.post(f"{bring(operator, sheet_of(*everybody))}start/", {"expected": "6"})
    carry_out()
    path = bring(operator, sheet_of(*everybody[:4]))

    page = text_of(
        operator.post(f"{path}options/", {"campaign": "Spring audit", "roster": "on", "days": ""}, follow=True)
    )
    assert "This roster ends 2 mailboxes that are not on it." in page
    assert "Type 2, the number that end" in page
    refused = operator.post(f"{path}start/", {"expected": "2", "number": "3"})
    assert refused.status_code == 422
    assert not Account.objects.filter(state=State.ENDED).exists()
    operator.post(f"{path}start/", {"expected": "2", "number": "2"})
    carry_out()

    assert Account.objects.filter(state=State.ENDED).count() == 2


def test_options_that_are_refused_are_shown_as_they_were_sent(operator: Client) -> None:
    path = bring(operator, sheet_of("Ana Meyer"))

    of_nobody = operator.post(f"{path}options/", {"roster": "on", "days": "day_first", "campaign_end": "on"})
    too_long = operator.post(
        f"{path}options/", {"campaign": "x" * 121, "days": ""}, headers={"hx-target": "check", "hx-request": "true"}
    )

    assert (of_nobody.status_code, too_long.status_code) == (422, 422)
    page = text_of(of_nobody)
    assert "Say whose roster it is" in page
    assert page.count("checked") == 2
    assert f'href="{path}?show=create"' in page
    assert "x" * 121 in text_of(too_long)
    assert "<html" not in text_of(too_long)


def test_a_roster_that_ends_many_asks_again_who_asks(
    operator: Client, carry_out: Callable[[], None], clock: Clock
) -> None:
    everybody = [f"Person {letter}" for letter in "ABCDEF"]
    operator.post(f"{bring(operator, sheet_of(*everybody))}start/", {"expected": "6"})
    carry_out()
    path = bring(operator, sheet_of(*everybody[:4]))
    operator.post(f"{path}options/", {"campaign": "Spring audit", "roster": "on", "days": ""})
    clock.pass_(seconds=11 * 60)

    asked = operator.post(f"{path}start/", {"expected": "2", "number": "2"})["Location"]
    back = parse_qs(urlsplit(asked).query)["next"][0]
    page = operator.get(back).content.decode()
    carry_out()

    assert (urlsplit(asked).path, urlsplit(back).path) == ("/step-up/", path)
    assert re.search(r'name="number"[^>]* value="2"|value="2"[^>]* name="number"', page)
    assert not Account.objects.filter(state=State.ENDED).exists()


def test_a_list_is_thrown_away(operator: Client) -> None:
    path = bring(operator, sheet_of("Ana Meyer"))

    answer = operator.post(f"{path}throw-away/", follow=True)

    assert "The list is thrown away. Nothing was changed." in text_of(answer)
    assert operator.get(path).status_code == 404


def test_an_auditor_looks_and_changes_nothing(auditor: Client, operator: Client) -> None:
    path = bring(operator, b"Name,No,Last day,Owner\nAna Meyer,MS-1,,lead@metrosure.app\n")

    page = page_of(auditor, path)

    assert "There is no last day." in page
    assert 'name="ends_at"' not in page
    assert auditor.post(f"{path}start/", {"expected": "1"}).status_code == 403
    assert auditor.get("/imports/new/").status_code == 403


def test_the_first_list_is_taught(operator: Client, auditor: Client) -> None:
    assert "No list yet" in page_of(operator, "/imports/")
    assert "/imports/new/" not in page_of(auditor, "/imports/")


def test_problems_come_first_on_every_page_of_a_long_list(operator: Client) -> None:
    people = [f"Person {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(120)]
    lines = sheet_of(*people).decode().splitlines()
    # The last 60 have no last day.
    broken = [line.replace("18/12/2026", "") for line in lines[61:]]
    path = bring(operator, "\n".join([*lines[:61], *broken]).encode())

    pages = [re.findall(r'id="row-(\d+)"', page_of(operator, f"{path}?page={number}")) for number in (1, 2, 3)]

    assert [int(number) for page in pages for number in page] == [*range(61, 121), *range(1, 61)]
    assert [len(page) for page in pages] == [50, 50, 20]
    assert re.findall(r'id="row-(\d+)"', page_of(operator, f"{path}?show=problem&page=2")) == [
        str(number) for number in range(111, 121)
    ]


def test_after_a_week_the_job_still_says_who_failed(
    operator: Client, carry_out: Callable[[], None], clock: Clock
) -> None:
    path = bring(operator, sheet_of("Ana Meyer", "Ben Botha"))
    operator.post(f"{path}start/", {"expected": "2"})
    MailDomain.objects.update(is_wanted=False)
    carry_out()
    assert f'href="{path}not-done.csv"' in page_of(operator, path)

    clock.pass_(days=8)
    imports.forget_old_sheets(clock())
    operator.force_login(Staff.objects.get())
    page = page_of(operator, path)

    [report] = re.findall(r'href="(/[^"]*show=failed)"', page)
    assert "not one of your mail domains" in text_of(operator.get(report))


def test_a_long_list_comes_in_pages_and_by_verdict(operator: Client) -> None:
    path = bring(operator, sheet_of(*(f"Person {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(60))))

    assert "1 to 50 of 60 rows" in page_of(operator, path)
    assert "51 to 60 of 60 rows" in page_of(operator, f"{path}?page=2")
    assert "No row has a problem." in page_of(operator, f"{path}?show=problem")
    assert "1 to 50 of 60 rows" in page_of(operator, f"{path}?show=rubbish&page=-1&row=x")
    part = operator.get(f"{path}?page=2", headers={"hx-request": "true", "hx-target": "check"})
    assert "<html" not in part.content.decode()


def test_how_lists_are_read_is_told_where_one_is_brought(operator: Client, auditor: Client) -> None:
    path = bring(operator, sheet_of("Ana Meyer"))

    page = page_of(auditor, "/imports/help/")

    for verdict in ("Create", "Update", "Same", "Problem", "End"):
        assert f"</svg>{verdict}</span>" in page
    assert all('href="/imports/help/"' in page_of(operator, where) for where in ("/imports/new/", path, "/imports/"))


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two rows be a list that is too long to be started while somebody waits."""
    monkeypatch.setattr(import_start, "AT_ONCE", 1)


@pytest.mark.usefixtures("long")
def test_a_long_list_tells_that_it_is_prepared_and_then_how_far_it_is(
    operator: Client, carry_out: Callable[[], None]
) -> None:
    path = bring(operator, sheet_of("Ana Meyer", "Ben Botha"))

    page = text_of(operator.post(f"{path}start/", {"expected": "2"}, follow=True))
    listed = page_of(operator, "/imports/")
    part = operator.get(path, headers={"HX-Request": "true", "HX-Target": "job"})
    again = operator.post(f"{path}start/", {"expected": "2"})
    carry_out()

    assert "Being prepared" in page
    assert "0 of 2 rows are ready" in page
    assert "Under way" in listed
    assert text_of(part).startswith('<div class="stack" id="job" data-say="0 of 2 rows are ready" hx-get')
    assert (again.status_code, again["Location"]) == (302, path)
    assert "2 of 2" in page_of(operator, path)
    assert Account.objects.count() == 2


@pytest.mark.usefixtures("long")
def test_a_long_list_that_is_refused_later_says_so_where_it_is_looked_at(
    operator: Client, carry_out: Callable[[], None]
) -> None:
    other, path = (bring(operator, sheet_of(*people)) for people in (["Ana Meyer"], ["Ana Meyer", "Ben Botha"]))
    operator.post(f"{other}start/", {"expected": "1"})
    carry_out()
    operator.post(f"{path}start/", {"expected": "2"})

    carry_out()

    part = operator.get(path, headers={"HX-Request": "true", "HX-Target": "job"})
    page = page_of(operator, path)
    assert part["HX-Redirect"] == path
    assert "It was not started, and nothing was changed." in page
    assert "It is 1 changes by now" in page
    operator.post(f"{path}start/", {"expected": "1"})
    carry_out()
    assert Account.objects.count() == 2


@pytest.mark.usefixtures("long")
def test_the_job_of_a_list_that_is_prepared_leads_to_its_page(operator: Client) -> None:
    path = bring(operator, sheet_of("Ana Meyer", "Ben Botha"))
    operator.post(f"{path}start/", {"expected": "2"})
    job = reverse("accounts:job", args=[ImportFile.objects.get().batch_id])

    shown = operator.get(job, follow=True)

    assert shown.redirect_chain[-1][0] == path
