"""What can be done about a difference, and when a whole listing is not believed."""

from __future__ import annotations

import pytest

from accounts.domain.drift import Difference, Field, Remedy, Strange, doubt, fits, is_system, remedies


@pytest.mark.parametrize(
    ("kind", "fields", "flags", "expected"),
    [
        pytest.param(
            Difference.ONLY_THERE, [], {}, [Remedy.ADOPT, Remedy.LOCK, Remedy.IGNORE], id="only there, somebody's"
        ),
        pytest.param(
            Difference.ONLY_THERE, [], {"is_ours": True}, [Remedy.IGNORE, Remedy.ADOPT], id="only there, the system's"
        ),
        pytest.param(Difference.ONLY_HERE, [], {}, [Remedy.MAKE_AGAIN, Remedy.END, Remedy.IGNORE], id="only here"),
        pytest.param(
            Difference.DIFFERENT, [Field.QUOTA], {}, [Remedy.PUT_RIGHT, Remedy.ACCEPT, Remedy.IGNORE], id="space"
        ),
        pytest.param(
            Difference.DIFFERENT,
            [Field.QUOTA, Field.DIRECTORY],
            {},
            [Remedy.PUT_RIGHT, Remedy.IGNORE],
            id="what no record can take over",
        ),
        pytest.param(
            Difference.DIFFERENT, [Field.LOCKED], {"stands_open": True}, [Remedy.PUT_RIGHT], id="open, shut here"
        ),
        pytest.param(
            Difference.DIFFERENT,
            [Field.LOCKED],
            {},
            [Remedy.PUT_RIGHT, Remedy.ACCEPT, Remedy.IGNORE],
            id="shut, open here",
        ),
    ],
)
def test_what_can_be_done(kind: Difference, fields: list[str], flags: dict[str, bool], expected: list[Remedy]) -> None:
    assert remedies(kind, fields, **flags) == expected


@pytest.mark.parametrize(
    ("listed", "expected", "missing", "strange"),
    [
        pytest.param(0, 0, 0, None, id="a new server and a new panel"),
        pytest.param(0, 1, 1, Strange.EMPTY, id="nothing where something should be"),
        pytest.param(95, 100, 10, None, id="as many as may be"),
        pytest.param(95, 100, 11, Strange.MISSING, id="one more"),
        pytest.param(3, 8, 5, None, id="a few of a few"),
        pytest.param(2, 8, 6, Strange.MISSING, id="more than a few"),
    ],
)
def test_when_a_listing_is_not_believed(listed: int, expected: int, missing: int, strange: Strange | None) -> None:
    assert doubt(listed=listed, expected=expected, missing=missing, percent=10) is strange


@pytest.mark.parametrize(
    ("address", "pattern", "fitting"),
    [
        pytest.param("ana@example.org", "", True, id="nothing asked"),
        pytest.param("ana@example.org", " Example.ORG ", True, id="a domain"),
        pytest.param("ana@shop.example.org", "example.org", False, id="another domain"),
        pytest.param("promo7@example.org", "promo*@example.org", True, id="a pattern"),
        pytest.param("ana@example.org", "promo*", False, id="a pattern that does not fit"),
        pytest.param("promo7@example.org", "promo*", True, id="a pattern without a domain"),
        pytest.param("a@example.org", "[a-z]@example.org", False, id="brackets are brackets"),
    ],
)
def test_which_addresses_are_meant(address: str, pattern: str, fitting: bool) -> None:
    assert fits(address, pattern) is fitting


@pytest.mark.parametrize(
    ("address", "is_one"), [("postmaster@example.org", True), ("Root@example.org", True), ("ana@example.org", False)]
)
def test_whose_names_are_the_systems(address: str, is_one: bool) -> None:
    assert is_system(address) is is_one
