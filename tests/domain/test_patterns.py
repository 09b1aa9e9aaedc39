from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.addresses import LONGEST_LOCAL, check_local
from accounts.domain.errors import RuleBroken
from accounts.domain.patterns import address_of, parse


@pytest.mark.parametrize(
    ("pattern", "name", "address"),
    [
        pytest.param("{first}.{last}", "Ana Meyer", "ana.meyer", id="first and last"),
        pytest.param("{first:1}{last}", "Ana Meyer", "ameyer", id="a letter of the first name"),
        pytest.param("{last}_{first:3}", "Thandi Nkosi", "nkosi_tha", id="turned round"),
        pytest.param("{first}.{last}", "Chloé Müller", "chloe.muller", id="accents fall away"),
        pytest.param("{first}.{last}", "Søren Groß", "soren.gross", id="letters of other alphabets"),
        pytest.param("{first}.{last}", "Pieter O'Connor", "pieter.oconnor", id="an apostrophe"),
        pytest.param("{first}.{last}", "Pieter O\u2019Connor", "pieter.oconnor", id="a printer's apostrophe"),
        pytest.param("{first}.{last}", "Karabo van der Merwe", "karabo.vandermerwe", id="a surname of three words"),
        pytest.param("{first:1}{last}", "José García López", "jgarcialopez", id="two surnames"),
        pytest.param("{first}.{last}", "Anna-Marie Smith-Jones", "anna-marie.smith-jones", id="hyphens stay"),
        pytest.param("{first}.{last}", "  Nandi\u00a0Molefe ", "nandi.molefe", id="blanks of all kinds"),
        pytest.param("{first}.{last}", "Cher", "cher", id="one name"),
        pytest.param("{first:1}{last}", "Cher", "cher", id="one name is not cut"),
        pytest.param("{last}", "Cher", "cher", id="one name where the surname is asked for"),
        pytest.param("{first}.{last}", "李 小龙", "", id="nothing that can be written"),
        pytest.param("shopper{n:03}", "李 小龙", "shopper001", id="a counter needs no name"),
        pytest.param("shopper{n}", "Ana Meyer", "shopper1", id="a counter without zeros"),
        pytest.param("{first}{n:02}", "Ana Meyer", "ana01", id="a name and a counter"),
        pytest.param("Agent-{First}", "Ana Meyer", "agent-ana", id="capitals do not matter"),
        pytest.param("{ first }.{last}", "Ana Meyer", "ana.meyer", id="blanks in the braces"),
    ],
)
def test_a_pattern_makes_an_address(pattern: str, name: str, address: str) -> None:
    assert address_of(pattern, name, set()) == address


@pytest.mark.parametrize(
    ("pattern", "taken", "n", "address"),
    [
        pytest.param("{first}.{last}", {"ana.meyer"}, 1, "ana.meyer2", id="the second of a name"),
        pytest.param("{first}.{last}", {"ana.meyer", "ana.meyer2", "ana.meyer4"}, 1, "ana.meyer3", id="a gap"),
        pytest.param("shopper{n:03}", {"shopper001", "shopper002"}, 1, "shopper003", id="counting on"),
        pytest.param("shopper{n:03}", set(), 42, "shopper042", id="counting from a number"),
        pytest.param("shopper{n:03}", {"shopper999"}, 999, "shopper1000", id="more figures than planned"),
    ],
)
def test_what_is_taken_gets_a_number(pattern: str, taken: set[str], n: int, address: str) -> None:
    assert address_of(pattern, "Ana Meyer", taken, n) == address


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        pytest.param("", "pattern_same_for_all", id="empty"),
        pytest.param("info", "pattern_same_for_all", id="one address for all"),
        pytest.param("{name}", "pattern_field_unknown", id="unknown field"),
        pytest.param("{}", "pattern_field_unknown", id="no field"),
        pytest.param("{first}+{last}", "pattern_characters", id="a plus"),
        pytest.param("{first} {last}", "pattern_characters", id="a blank"),
        pytest.param("{first.{last}", "pattern_braces", id="an open brace"),
        pytest.param("{first}}", "pattern_braces", id="a brace too many"),
        pytest.param("{first:0}", "pattern_width", id="no letters"),
        pytest.param("{first:31}", "pattern_width", id="too many letters"),
        pytest.param("{first:x}", "pattern_width", id="letters that are no number"),
        pytest.param("{n:}", "pattern_width", id="an empty width"),
        pytest.param("{n:0000003}", "pattern_width", id="an absurd width"),
        pytest.param("{n}-{n}", "pattern_counts_twice", id="two counters"),
        pytest.param("{first}" * 30, "too_long", id="too long"),
        pytest.param("{first}@nowhere", "domain_invalid", id="no domain"),
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused(pattern: str, code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        parse(pattern)

    assert (refused.value.code, refused.value.field) == (code, "address_pattern")


def test_a_pattern_may_name_a_domain() -> None:
    pattern = parse("{last}@Example.ORG", field="aliases")

    assert pattern.domain == "example.org"
    assert next(pattern.candidates("Ana Meyer")) == "meyer"


def test_what_all_its_addresses_begin_with_can_be_looked_up() -> None:
    assert parse("shopper{n:03}").beginning("Ana Meyer") == "shopper"
    assert parse("{first}.{last}").beginning("Ana Meyer") == "ana.meyer"


@pytest.mark.parametrize("pattern", ["{first}.{last}", "{first}{last}{n:03}", "{n}{first}{last}", "{first}.{n}.{last}"])
def test_a_long_name_gives_way_to_the_number(pattern: str) -> None:
    name, taken = f"{'a' * 80} {'b' * 80}", set[str]()

    for _ in range(12):
        taken.add(address_of(pattern, name, taken))

    assert len(taken) == 12
    assert {len(local) for local in taken} == {LONGEST_LOCAL}
    assert all(local.startswith(parse(pattern).beginning(name)) for local in taken)


_FIELDS = st.sampled_from(["{first}", "{last}", "{first:1}", "{last:3}", "{n}", "{n:03}"])
_PATTERNS = st.lists(st.one_of(_FIELDS, st.sampled_from(["shopper", ".", "-", "_", "7"])), min_size=1, max_size=6).map(
    "".join
)


@given(
    _PATTERNS,
    st.one_of(st.text(max_size=90), st.from_regex(r"[a-z]{1,90} [a-z -]{0,90}", fullmatch=True)),
    st.integers(1, 10**6),
)
def test_whatever_comes_out_is_an_address_and_free(pattern: str, name: str, n: int) -> None:
    try:
        first = address_of(pattern, name, set(), n)
    except RuleBroken:
        return

    second = address_of(pattern, name, {first}, n)
    third = address_of(pattern, name, {first, second}, n)

    assert {check_local(local) for local in (first, second, third) if local} == {first, second, third} - {""}
    assert len({first, second, third}) == (3 if first else 1)
    assert max(map(len, (first, second, third))) <= LONGEST_LOCAL


@given(st.text(max_size=140))
def test_reading_a_pattern_never_fails_in_an_unnamed_way(text: str) -> None:
    try:
        pattern = parse(text)
    except RuleBroken:
        return
    assert pattern.parts
