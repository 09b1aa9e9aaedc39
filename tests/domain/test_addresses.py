from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.addresses import check_domain, parse, plain
from accounts.domain.errors import RuleBroken


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        pytest.param("thandi.nkosi@metrosure.app", "thandi.nkosi@metrosure.app", id="as it is"),
        pytest.param("  THABO.GOVENDER@METROSURE.APP ", "thabo.govender@metrosure.app", id="capitals and blanks"),
        pytest.param("a@münchen.example", "a@xn--mnchen-3ya.example", id="the domain in its ASCII form"),
        pytest.param("shopper_7-b@metrosure.app.", "shopper_7-b@metrosure.app", id="a trailing dot"),
    ],
)
def test_it_reads_what_people_type(typed: str, address: str) -> None:
    assert str(parse(typed)) == address


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        pytest.param("thandi", "address_incomplete", id="no domain"),
        pytest.param("@metrosure.app", "address_incomplete", id="no local part"),
        pytest.param("", "address_incomplete", id="nothing"),
        pytest.param("zoë@metrosure.app", "address_characters", id="accent"),
        pytest.param("o'connor@metrosure.app", "address_characters", id="apostrophe"),
        pytest.param("a+b@metrosure.app", "address_characters", id="sub-address"),
        pytest.param(".a@metrosure.app", "address_characters", id="leading dot"),
        pytest.param("a..b@metrosure.app", "address_characters", id="two dots"),
        pytest.param("a b@metrosure.app", "address_characters", id="blank inside"),
        pytest.param("a\x00b@metrosure.app", "address_characters", id="NUL"),
        pytest.param("a@b@metrosure.app", "address_characters", id="two at signs"),
        pytest.param("x" * 65 + "@metrosure.app", "address_too_long", id="too long"),
        pytest.param("a@localhost", "domain_invalid", id="one label"),
        pytest.param("a@-bad-.example", "domain_invalid", id="hyphens at the edge"),
        pytest.param("a@192.168.0.1", "domain_invalid", id="an IP address"),
        pytest.param("a@" + "x" * 250 + ".example", "domain_invalid", id="absurd domain"),
    ],
)
def test_it_refuses_by_name(typed: str, code: str) -> None:
    with pytest.raises(RuleBroken, match=code) as refused:
        parse(typed)

    assert refused.value.field in {"address", "domain"}


@pytest.mark.parametrize(
    ("typed", "suggestion"),
    [
        ("zoë", "zoe"),
        ("o'connor", "oconnor"),
        ("Chloé Müller", "chloe.muller"),
        ("ßøł", "ssol"),
        ("..a..", "a"),
        ("李", ""),
    ],
)
def test_it_says_what_to_type_instead(typed: str, suggestion: str) -> None:
    assert plain(typed) == suggestion


@given(st.text())
def test_a_suggestion_is_always_an_address_or_nothing(text: str) -> None:
    suggestion = plain(text)

    assert not suggestion or str(parse(f"{suggestion}@metrosure.app")).startswith(suggestion)


@given(st.text())
def test_reading_never_fails_in_an_unnamed_way(text: str) -> None:
    for read in (parse, check_domain):
        try:
            again = read(str(read(text)))
        except RuleBroken:
            continue
        assert str(again).isascii()
