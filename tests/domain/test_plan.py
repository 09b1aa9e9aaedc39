"""The brake on what a plan would shut."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.domain.plan import number_to_type
from tests.conftest import NOW

RUNNING = NOW + timedelta(days=9)
OVER = NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("ends", "scope", "purges", "number"),
    [
        pytest.param([], 0, 0, None, id="nothing"),
        pytest.param([RUNNING] * 10, 100, 0, None, id="ten of many go through"),
        pytest.param([RUNNING] * 11, 10_000, 0, 11, id="more than ten wait"),
        pytest.param([RUNNING] * 2, 10, 0, None, id="a fifth goes through"),
        pytest.param([RUNNING] * 3, 10, 0, 3, id="more than a fifth waits"),
        pytest.param([OVER] * 50, 50, 0, None, id="terms that are over never wait"),
        pytest.param([NOW] * 50, 50, 0, None, id="a term ends at its end"),
        pytest.param([RUNNING] * 11 + [OVER] * 9, 1000, 0, 11, id="only agreed time counts"),
        pytest.param([], 1000, 11, 11, id="purges always count"),
        pytest.param([RUNNING], 1, 0, 1, id="all of a scope of one"),
        pytest.param([RUNNING] * 10, None, 0, None, id="ten that a person chose"),
        pytest.param([RUNNING] * 11, None, 0, 11, id="more than ten that a person chose"),
    ],
)
def test_what_needs_a_number(ends: list[datetime], scope: int | None, purges: int, number: int | None) -> None:
    assert number_to_type(ends, scope=scope, purges=purges, now=NOW) == number
