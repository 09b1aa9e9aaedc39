"""Taking the list away: exactly what it shows, harmless in a spreadsheet, in flat memory, and noted."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from accounts.models import Account, AuditEvent
from accounts.queries.sheets import Cell
from accounts.services import lifecycle
from accounts.web.downloads import as_csv, as_xlsx
from tests.factories import TESTER, make_account

pytestmark = pytest.mark.django_db
CSV, XLSX = "/accounts/mailboxes.csv", "/accounts/mailboxes.xlsx"
EVIL = ["=HYPERLINK(1)", "+1", "-2+3", "@SUM(A1)", "＝1"]  # noqa: RUF001 - as some type it


@pytest.fixture
def people(now: datetime, db: None) -> list[Account]:
    made = [
        make_account(f"{name}@metrosure.app", now=now, name=name.title(), campaign="Spring", purpose="Visits")
        for name in ("zanele", "ana", "ben")
    ]
    lifecycle.end_account(made[2].pk, by=TESTER, now=now)
    return made


def rows(client: Client, query: str = "") -> list[list[str]]:
    whole = b"".join(client.get(f"{CSV}?{query}")).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(whole)))


def workbook(client: Client, query: str = "") -> tuple[list[list[Any]], str]:
    """Return the cells as a spreadsheet program reads them, and the sheet as it is written."""
    file = io.BytesIO(b"".join(client.get(f"{XLSX}?{query}")))
    cells = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0).to_python()
    with zipfile.ZipFile(file) as archive:
        return cells, archive.read("xl/worksheets/sheet1.xml").decode()


def test_it_is_what_the_list_shows_in_its_order(auditor: Client, people: list[Account]) -> None:
    heading, *found = rows(auditor, "q=metrosure&sort=-name")

    assert heading == ["Name", "Address", "State", "To look at", "Last day", "Campaign", "Purpose", "Owner"]
    assert [row[0] for row in found] == ["Zanele", "Ben", "Ana"]
    assert found[0] == [
        "Zanele", "zanele@metrosure.app", "Active", "not confirmed", "2026-12-24", "Spring", "Visits",
        "palesa@metrosure.app",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names"),
    [
        pytest.param("state=all", {"Zanele", "Ana", "Ben"}, id="all"),
        pytest.param("state=ended", {"Ben"}, id="a state"),
        pytest.param("q=ana", {"Ana"}, id="a search"),
        pytest.param("look=unproven", {"Ben"}, id="a look"),
    ],
)
def test_filters_count(operator: Client, people: list[Account], query: str, names: set[str]) -> None:
    assert {row[0] for row in rows(operator, query)[1:]} == names


def test_a_workbook_has_days_as_days(operator: Client, people: list[Account]) -> None:
    (heading, ana), _written = workbook(operator, "q=ana")

    assert heading[:3] == ["Name", "Address", "State"]
    assert (ana[0], ana[4]) == ("Ana", date(2026, 12, 24))


@pytest.mark.parametrize("name", EVIL)
def test_no_cell_is_a_formula(operator: Client, now: datetime, name: str) -> None:
    make_account("evil@metrosure.app", now=now, name=name)

    cells, written = workbook(operator)

    assert rows(operator)[1][0] == f"'{name}"
    assert cells[1][0] == name
    assert "<f>" not in written


def test_names_keep_their_accents(operator: Client, now: datetime) -> None:
    make_account("chloe@metrosure.app", now=now, name="Chloé Müller, “née” O'Reilly")

    assert rows(operator)[1][0] == "Chloé Müller, “née” O'Reilly"
    assert workbook(operator)[0][1][0] == "Chloé Müller, “née” O'Reilly"


def test_the_log_says_who_took_what(auditor: Client, people: list[Account]) -> None:
    rows(auditor, "state=active&sort=name")

    event = AuditEvent.objects.select_related("detail").latest("id")
    assert (event.action, event.detail.actor) == ("accounts_exported", "auditor.khumalo")
    assert event.detail.after == {"rows": 2, "format": "CSV", "filters": "state=active&sort=name"}
    assert "took away a list of mailboxes" in auditor.get("/audit/").content.decode()


def test_the_file_has_a_name_with_the_day(operator: Client, people: list[Account]) -> None:
    assert operator.get(CSV)["Content-Disposition"] == 'attachment; filename="mailboxes-2026-11-24.csv"'
    assert operator.get(XLSX)["Content-Disposition"] == 'attachment; filename="mailboxes-2026-11-24.xlsx"'


def many(number: int) -> Iterator[list[Cell]]:
    for row in range(number):
        yield [f"Shopper {row}", f"shopper{row}@metrosure.app", "Active", "", date(2026, 12, 24), "Spring", "", "HR"]


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_ten_times_the_rows_take_no_more_memory(make: Any) -> None:
    peaks = []
    for number in (500, 5000):
        tracemalloc.start()
        size = sum(len(piece) for piece in make(many(number), "list"))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert size > number

    assert peaks[1] < 2 * peaks[0] + 500_000
