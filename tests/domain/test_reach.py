"""How far somebody reaches: the narrower reading where there are two limits, and the field that leads too far."""

from __future__ import annotations

import pytest

from accounts.domain.errors import RuleBroken
from accounts.domain.reach import EVERYTHING, Reach, current_reach, within

NORTH, SOUTH, AUDIT, SALES = 1, 2, 11, 12
ONLY_NORTH = Reach(domains=frozenset({NORTH}))
ONLY_AUDIT = Reach(campaigns=frozenset({AUDIT}))
BOTH = Reach(domains=frozenset({NORTH}), campaigns=frozenset({AUDIT}))


@pytest.mark.parametrize(
    ("reach", "domain", "campaign", "field"),
    [
        pytest.param(EVERYTHING, SOUTH, None, None, id="no limit"),
        pytest.param(ONLY_NORTH, NORTH, SALES, None, id="any campaign of the domain"),
        pytest.param(ONLY_NORTH, SOUTH, AUDIT, "address", id="another domain"),
        pytest.param(ONLY_AUDIT, SOUTH, AUDIT, None, id="any domain of the campaign"),
        pytest.param(ONLY_AUDIT, NORTH, SALES, "campaign", id="another campaign"),
        pytest.param(ONLY_AUDIT, NORTH, None, "campaign", id="no campaign"),
        pytest.param(BOTH, NORTH, AUDIT, None, id="in one of each"),
        pytest.param(BOTH, NORTH, SALES, "campaign", id="only in the domain"),
        pytest.param(BOTH, SOUTH, AUDIT, "address", id="only in the campaign"),
    ],
)
def test_an_account_has_to_fit_every_limit(reach: Reach, domain: int, campaign: int | None, field: str | None) -> None:
    found = None
    try:
        reach.require(domain=domain, campaign=campaign)
    except RuleBroken as rule:
        found = (rule.code, rule.field)

    assert found == (("out_of_reach", field) if field else None)
    assert reach.has(domain=domain, campaign=campaign) == (field is None)


@pytest.mark.parametrize("reach", [EVERYTHING, ONLY_NORTH, ONLY_AUDIT, BOTH])
def test_what_is_kept_is_read_back(reach: Reach) -> None:
    assert Reach.read(reach.as_plain()) == reach
    assert reach.is_everything == (reach.as_plain() == {})


def test_what_was_before_comes_back() -> None:
    with within(ONLY_NORTH):
        with within(BOTH):
            inner = current_reach()
        outer = current_reach()

    assert (inner, outer, current_reach()) == (BOTH, ONLY_NORTH, EVERYTHING)
