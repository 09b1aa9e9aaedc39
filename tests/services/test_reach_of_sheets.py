"""A limited operator's sheets: rows that lead too far are problems that say so, and a roster ends nobody beyond."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from accounts.domain.people import Actor
from accounts.domain.sheets.rows import Verdict
from accounts.models import Account
from accounts.queries import imports as sheets
from accounts.services import imports
from tests.factories import make_account
from tests.reach import PALESA, Places

pytestmark = pytest.mark.django_db


def _bring(text: str, by: Actor, now: datetime, **options: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each row's verdict, with the codes and fields of what stands against it."""
    file = imports.upload(name="x.csv", data=text.encode(), by=by, now=now, options=imports.Options(**options))
    return [
        (row.verdict, [(problem.code, problem.field) for problem in sheets.problems(row)])
        for row in file.rows.order_by("number")
    ]


def test_rows_of_a_sheet_that_lead_too_far_say_so(
    there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    Account.objects.filter(pk=there.far.account.pk).update(employee_number="MS-9")
    head = "Name,Number,Address,Campaign,Owner,Last day\n"
    rows = [
        "Ben,MS-1,ben@near.metrosure.app,Nearby audit,a@example.org,2026-12-18",
        "Cal,MS-2,cal@far.metrosure.app,Nearby audit,a@example.org,2026-12-18",
        "Dan,MS-3,dan@near.metrosure.app,Faraway audit,a@example.org,2026-12-18",
        "Eve,MS-4,eve@near.metrosure.app,,a@example.org,2026-12-18",
        "Zanele Moyo,MS-9,,Nearby audit,a@example.org,2026-12-18",
    ]

    said = _bring(head + "\n".join(rows), limited("both"), now)

    assert said == [
        (Verdict.CREATE, []),
        (Verdict.PROBLEM, [("out_of_reach", "address")]),
        (Verdict.PROBLEM, [("out_of_reach", "campaign")]),
        (Verdict.PROBLEM, [("out_of_reach", "campaign")]),
        (Verdict.PROBLEM, [("out_of_reach", "employee_number")]),
    ]


def test_addresses_are_made_in_a_mail_domain_within_reach(
    there: Places, limited: Callable[[str], Actor], now: datetime
) -> None:
    by = limited("domain")
    by = replace(by, reach=replace(by.reach, domains=frozenset({there.far.domain.pk})))
    file = imports.upload(
        name="x.csv", data=b"Name,Owner,Last day\nBen Ngwenya,a@example.org,2026-12-18\n", by=by, now=now
    )

    assert file.rows.get().judged["address"].endswith("@far.metrosure.app")


def test_a_roster_ends_nobody_beyond(there: Places, limited: Callable[[str], Actor], now: datetime) -> None:
    make_account("lindiwe@far.metrosure.app", now=now, name="Lindiwe", campaign="Nearby audit")
    make_account("sipho@near.metrosure.app", now=now, name="Sipho", campaign="Nearby audit")
    sheet = "Name,Owner,Last day\nThandi Nkosi,nearaway-owner@example.org,2027-01-15\n"

    limited_ends = _bring(sheet, limited("domain"), now, roster=True, campaign="Nearby audit")
    all_ends = _bring(sheet, PALESA, now, roster=True, campaign="Nearby audit")

    assert [verdict for verdict, _ in limited_ends].count(Verdict.END) == 1
    assert [verdict for verdict, _ in all_ends].count(Verdict.END) == 2
