"""Headings to meanings: English, Afrikaans, and what somebody chose before."""

from __future__ import annotations

import pytest

from accounts.domain.sheets.columns import UNUSED, Field, alike, field_of, folded, matched


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("First name", Field.FIRST_NAME),
        ("VOORNAAM", Field.FIRST_NAME),
        ("Van", Field.LAST_NAME),
        ("E-mail address", Field.ADDRESS),
        ("E-posadres", Field.ADDRESS),
        ("Employee No.", Field.NUMBER),
        ("Personeelnommer", Field.NUMBER),
        ("End date (inclusive)", Field.LAST_DAY),
        ("Laaste dag", Field.LAST_DAY),
        ("Begindatum", Field.FIRST_DAY),
        ("Reports to", Field.OWNER),
        ("Rapporteer aan:", Field.OWNER),
        ("Veldtog", Field.CAMPAIGN),
        ("  Opmerkings ", Field.NOTE),
        ("Shoe size", None),
        ("", None),
    ],
)
def test_headings_are_known_in_two_languages(heading: str, field: Field | None) -> None:
    assert field_of(heading) == field


def test_a_meaning_is_given_once() -> None:
    assert matched(["End date", "Last day", "Shoe size"], {}) == [Field.LAST_DAY, UNUSED, UNUSED]


def test_name_beside_a_surname_is_the_first_name() -> None:
    assert matched(["Name", "Surname"], {}) == [Field.FIRST_NAME, Field.LAST_NAME]
    assert matched(["Name"], {}) == [Field.NAME]


def test_what_somebody_chose_before_comes_first() -> None:
    assert matched(["Role", "Shoe size"], {"role": "profile", "shoe size": "note"}) == [Field.PROFILE, Field.NOTE]
    assert matched(["Role"], {"role": UNUSED}) == [UNUSED]


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("  Spring AUDIT_2026 ", "spring audit 2026"),
        ("Chloé O\u2019Connor", "chloe o connor"),
        ("Straße", "strasse"),
        ("Audit (Cape)", "audit cape"),
        ("???", ""),
        ("", ""),
    ],
)
def test_names_are_compared_without_capitals_accents_and_dots(text: str, compared: str) -> None:
    assert alike(text) == compared


@pytest.mark.parametrize(
    "heading", ["End date (inclusive)", "END DATE", "End\u00a0date\uff08inclusive\uff09", "End-date."]
)
def test_headings_are_compared_also_without_what_stands_in_brackets(heading: str) -> None:
    assert folded(heading) == "end date"
