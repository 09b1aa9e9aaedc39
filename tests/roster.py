"""The first people of the sample sheet (docs/examples), as HR would type them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from accounts.domain.addresses import plain

_SHEET = Path(__file__).parent.parent / "docs" / "examples" / "roster-2026-spring.csv"


@dataclass(frozen=True, slots=True)
class Person:
    address: str
    name: str
    owner: str
    purpose: str
    campaign: str
    first_day: date
    last_day: date


def first_people(count: int) -> list[Person]:
    with _SHEET.open(encoding="utf-8-sig", newline="") as sheet:
        return [_person(row) for row, _ in zip(csv.DictReader(sheet), range(count), strict=False)]


def _person(row: dict[str, str]) -> Person:
    first, last = row["First name"].strip(), row["Surname"].strip()
    return Person(
        address=row["Mailbox"].strip().lower() or f"{plain(f'{first} {last}')}@metrosure.app",
        name=f"{first} {last}",
        owner=row["Reports to"],
        purpose=f"{row['Role']}, {row['Employee no']}",
        campaign=row["Campaign"],
        first_day=_day(row["Start"]),
        last_day=_day(row["End date"]),
    )


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y" if "/" in text else "%Y-%m-%d").date()  # noqa: DTZ007 - a date alone
