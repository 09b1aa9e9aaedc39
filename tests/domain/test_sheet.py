"""Lines pasted from a sheet."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.errors import SeveralRulesBroken
from accounts.domain.sheet import LONGEST, Line, parse


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("Ana@example.org", Line("ana@example.org"), id="an address alone"),
        pytest.param("a@b.org\tPalesa M\t2026-12-18", Line("a@b.org", "Palesa M", date(2026, 12, 18)), id="tabs"),
        pytest.param('"a@b.org"; P ;18/12/2026', Line("a@b.org", "P", date(2026, 12, 18)), id="semicolons"),
        pytest.param("a@b.org, P, 18.12.2026", Line("a@b.org", "P", date(2026, 12, 18)), id="commas"),
        pytest.param("a@b.org,,2026-12-18", Line("a@b.org", "", date(2026, 12, 18)), id="no owner"),
        pytest.param("a@b.org, Old, \na@b.org, New", Line("a@b.org", "New"), id="the last of two counts"),
    ],
)
def test_a_line_is_read(text: str, line: Line) -> None:
    assert parse(text) == {line.address: line}


def test_headings_and_blank_lines_are_passed_over() -> None:
    assert parse("Address;Owner;Last day\n\n ; \n") == {}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a@b.org\nnobody", "sheet_address"),
        ("a@b.org,P,31/31/2026", "sheet_day"),
        ("a@b.org,P,0001-01-01", "sheet_day"),
        ("\n".join(f"a{n}@b.org" for n in range(LONGEST + 1)), "sheet_too_long"),
    ],
)
def test_a_bad_line_is_named(text: str, code: str) -> None:
    with pytest.raises(SeveralRulesBroken) as caught:
        parse(text)

    assert [rule.code for rule in caught.value.broken] == [code]


@given(st.text())
def test_whatever_is_pasted_is_read_or_refused(text: str) -> None:
    lines: dict[str, Line] = {}
    with suppress(SeveralRulesBroken):
        lines = parse(text)

    assert all("@" in address and line.address == address for address, line in lines.items())
