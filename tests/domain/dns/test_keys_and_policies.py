"""DKIM keys and DMARC policies: what works is right, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.dns import dkim, dmarc, tags

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA" + "x7" * 150 + "IDAQAB"
WANTED = f"v=DKIM1; k=rsa; h=sha256; p={KEY}"
DMARC = "v=DMARC1; p=reject; rua=mailto:postmaster@example.org"

NAME = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
VALUE = st.from_regex(r"[A-Za-z0-9+/=:@.!,-]{0,40}", fullmatch=True)


def codes(hints: list[dkim.Hint]) -> list[str]:
    return [hint.code for hint in hints]


@given(st.dictionaries(NAME, VALUE, min_size=1, max_size=6))
def test_tags_are_read_back(given_tags: dict[str, str]) -> None:
    assert tags.read(tags.write(given_tags)) == given_tags


@given(st.dictionaries(NAME, VALUE, min_size=1, max_size=6))
def test_order_and_blanks_of_tags_do_not_matter(given_tags: dict[str, str]) -> None:
    items = sorted(given_tags.items(), reverse=True)
    other = " ;  ".join(f"{name.upper()} = {value}" for name, value in items) + ";"

    assert tags.are_alike(tags.read(other), given_tags)


@given(st.text(max_size=200))
def test_any_text_is_read_without_harm(text: str) -> None:
    dkim.differences(WANTED, text)
    dkim.remarks(text)
    dmarc.differences(DMARC, text)
    dmarc.remarks(DMARC, text)


@pytest.mark.parametrize(
    "published",
    [
        pytest.param(WANTED, id="as it is"),
        pytest.param(f"p={KEY}", id="nothing but the key"),
        pytest.param(f"k=rsa; p={KEY}; v=DKIM1", id="another order"),
        pytest.param(f"v=DKIM1;k=rsa;p={KEY};", id="no blanks"),
        pytest.param(f"v=DKIM1; k=rsa; p={KEY[:60]} {KEY[60:200]}\t{KEY[200:]}", id="blanks in the key"),
        pytest.param(f'"v=DKIM1; k=rsa; " "p={KEY}"', id="in quotes and pieces"),
        pytest.param(f"v=DKIM1; k=RSA; h=sha1:SHA256; n=our key; p={KEY}", id="more tags"),
    ],
)
def test_the_same_key_is_right(published: str) -> None:
    assert dkim.differences(WANTED, published) == []


@pytest.mark.parametrize(
    ("published", "code"),
    [
        (f"v=DKIM2; p={KEY}", "dkim_version"),
        ("v=DKIM1; k=rsa; p=", "dkim_revoked"),
        (f"v=DKIM1; k=ed25519; p={KEY}", "dkim_algorithm"),
        (f"v=DKIM1; k=rsa; p={KEY.replace('x7', 'y7')}", "dkim_other_key"),
        (f"v=DKIM1; k=rsa; p={KEY[:230]}", "dkim_cut"),
        (f"v=DKIM1; k=rsa; h=sha1; p={KEY}", "dkim_hash"),
    ],
)
def test_another_key_is_named(published: str, code: str) -> None:
    assert codes(dkim.differences(WANTED, published)) == [code]


def test_a_key_that_is_only_tried_out_is_told() -> None:
    assert codes(dkim.remarks(f"v=DKIM1; t=y:s; p={KEY}")) == ["dkim_test_mode"]
    assert dkim.remarks(f"v=DKIM1; t=s; p={KEY}") == []


@pytest.mark.parametrize(
    ("published", "wrong"),
    [
        ("v=DMARC1; p=reject; rua=mailto:a@b.org", []),
        ("v=DMARC1; p=none", ["dmarc_weaker"]),
        ("v=DMARC1; p=quarantine", ["dmarc_weaker"]),
        ("v=DMARC1; p=reject; pct=50", ["dmarc_percent"]),
        ("v=DMARC1; p=reject; pct=nonsense", []),
        ("v=DMARC1; p=reject; sp=none", ["dmarc_subdomains"]),
        ("v=DMARC1; p=reject; sp=reject", []),
        ("v=DMARC1; p=refuse", ["dmarc_policy_unknown"]),
        ("v=DMARC1; rua=mailto:a@b.org", ["dmarc_policy_unknown"]),
    ],
)
def test_less_protection_is_told(published: str, wrong: list[str]) -> None:
    assert codes(dmarc.differences(DMARC, published)) == wrong


def test_more_protection_is_right() -> None:
    assert dmarc.differences("v=DMARC1; p=none", "v=DMARC1; p=reject; sp=quarantine") == []


@pytest.mark.parametrize(
    ("published", "said"),
    [
        (DMARC, ["dmarc_reject"]),
        ("v=DMARC1; p=quarantine", ["dmarc_quarantine", "dmarc_no_reports"]),
        ("v=DMARC1; p=none; rua=mailto:a@b.org", ["dmarc_none", "reports_elsewhere"]),
    ],
)
def test_a_policy_is_explained(published: str, said: list[str]) -> None:
    assert codes(dmarc.remarks(DMARC, published)) == said


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("v=DMARC1; p=none", True), ("v = DMARC1;p=none", True), ("p=none; v=DMARC1", False), ("v=dmarc1; p=none", False)],
)
def test_what_receivers_see_as_dmarc(text: str, is_one: bool) -> None:
    assert dmarc.is_one(text) == is_one
