from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.domain.retry import LONGEST_WAIT, WRONG_CREDENTIALS_WAIT, gives_up, next_try

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("code", "attempts", "expected"),
    [
        pytest.param("unreachable", 10_000, False, id="a server that is away is waited for without end"),
        pytest.param("busy", 10_000, False, id="so is a busy one"),
        pytest.param("wrong_credentials", 10_000, False, id="and one whose credentials somebody will mend"),
        pytest.param("unexpected", 7, False, id="a strange answer is tried again"),
        pytest.param("unexpected", 8, True, id="but not for ever"),
        pytest.param("invalid", 1, True, id="a refused value needs a person"),
        pytest.param("already_exists", 1, True, id="so does a taken address"),
    ],
)
def test_when_it_gives_up(code: str, attempts: int, expected: bool) -> None:
    assert gives_up(code, attempts) is expected


def test_waits_double_up_to_five_minutes() -> None:
    waits = [next_try("unreachable", tries, NOW, spread=0.5) - NOW for tries in range(1, 12)]

    assert waits[:4] == [timedelta(seconds=s) for s in (2, 4, 8, 16)]
    assert waits[-1] == LONGEST_WAIT


def test_chance_spreads_tries_by_a_fifth() -> None:
    early, late = (next_try("busy", 5, NOW, spread=spread) - NOW for spread in (0, 1))

    assert (early, late) == (0.8 * timedelta(seconds=32), 1.2 * timedelta(seconds=32))


def test_the_server_may_ask_for_more() -> None:
    assert next_try("busy", 1, NOW, spread=0.5, retry_after=45) == NOW + timedelta(seconds=45)


def test_wrong_credentials_wait_an_hour_because_failures_ban_us() -> None:
    assert next_try("wrong_credentials", 1, NOW, spread=0) == NOW + WRONG_CREDENTIALS_WAIT
