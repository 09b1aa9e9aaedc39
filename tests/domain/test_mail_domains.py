"""Mail domains as typed, kept and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.addresses import check_domain, shown
from accounts.domain.errors import RuleBroken
from accounts.domain.mail_domains import check_new


@pytest.mark.parametrize(
    ("typed", "kept", "told"),
    [
        pytest.param("bücher.example", "xn--bcher-kva.example", "bücher.example", id="umlaut"),
        pytest.param(" BÜCHER.example. ", "xn--bcher-kva.example", "bücher.example", id="capitals, blanks, a dot"),
        pytest.param("straße.example", "xn--strae-oqa.example", "straße.example", id="ß is no ss"),
        pytest.param("例え.テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト", id="Japanese"),
        pytest.param("xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example", id="ASCII form"),
        pytest.param("shop.metrosure.app", "shop.metrosure.app", "shop.metrosure.app", id="plain"),
    ],
)
def test_a_domain_is_kept_in_ascii_and_shown_as_people_write_it(typed: str, kept: str, told: str) -> None:
    assert check_new(typed) == kept
    assert shown(kept) == told


@pytest.mark.parametrize("text", ["xn--a.example", "xn--zzzzzzz99999.example", "no domain", "xn--.x"])
def test_what_is_no_name_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("text", ["gmail.com", "GMAIL.com.", "outlook.com", "mweb.co.za"])
def test_a_domain_of_a_mail_provider_is_refused(text: str) -> None:
    with pytest.raises(RuleBroken, match="domain_of_others") as refused:
        check_new(text)

    assert refused.value.field == "name"


@given(st.text(max_size=60))
def test_what_is_accepted_can_be_typed_again(text: str) -> None:
    try:
        kept = check_domain(text)
    except RuleBroken:
        return

    assert kept.isascii()
    assert kept == check_domain(kept) == check_domain(shown(kept))
