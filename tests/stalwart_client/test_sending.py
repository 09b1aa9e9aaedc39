"""The retry policy, case by case as the table in Sender's docstring has it, and what a request looks like."""

from __future__ import annotations

import base64
from contextlib import closing
from datetime import UTC, datetime

import httpx
import pytest

from stalwart_client import (
    Busy,
    Credentials,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
    Unreachable,
    WrongCredentials,
)
from stalwart_client._http import MAX_IN_FLIGHT, PATIENCE, Budget, Sender, Timeouts
from stalwart_client._jmap import JmapDriver
from stalwart_client._rest import RestDriver
from tests.stalwart_client.answers import ADMIN, Player, data, problem, recorded

NO_CONNECTION = httpx.ConnectError("refused")
BROKEN = httpx.RemoteProtocolError("Server disconnected without sending a response.")
CROWDED = problem(400, type="urn:ietf:params:jmap:error:limit", limit="maxConcurrentRequests")


@pytest.mark.parametrize(
    ("failure", "error", "tries", "tries_if_not_idempotent"),
    [
        pytest.param(NO_CONNECTION, Unreachable, 3, 3, id="no connection: nothing was sent"),
        pytest.param(problem(429), Busy, 3, 3, id="rate limit: nothing was done"),
        pytest.param(CROWDED, Busy, 6, 6, id="too many at once: nothing was done"),
        pytest.param(BROKEN, Unreachable, 3, 1, id="the connection broke"),
        pytest.param(httpx.ReadError("reset"), Unreachable, 3, 1, id="the connection was reset"),
        pytest.param(httpx.Response(502, text="<html>"), Unreachable, 3, 1, id="502"),
        pytest.param(httpx.Response(503, text="<html>"), Unreachable, 3, 1, id="503"),
        pytest.param(httpx.Response(504, text="<html>"), Unreachable, 3, 1, id="504"),
        pytest.param(problem(500), Busy, 2, 1, id="500: a write conflict"),
        pytest.param(httpx.ConnectTimeout("slow"), Unreachable, 1, 1, id="no connection in time"),
        pytest.param(httpx.ReadTimeout("slow"), Unreachable, 1, 1, id="no answer in time"),
        pytest.param(httpx.PoolTimeout("full"), Unreachable, 1, 1, id="no free connection in time"),
        pytest.param(problem(401), WrongCredentials, 1, 1, id="401 counts towards a ban"),
        pytest.param(problem(402), WrongCredentials, 1, 1, id="402 asks for a second factor"),
        pytest.param(problem(403), NotPermitted, 1, 1, id="403"),
        pytest.param(problem(404), NotFound, 1, 1, id="404"),
        pytest.param(problem(400), Invalid, 1, 1, id="400"),
        pytest.param(problem(418), Unexpected, 1, 1, id="a status that Stalwart does not use"),
    ],
)
def test_what_is_tried_again(
    failure: httpx.Response | Exception,
    error: type[StalwartError],
    tries: int,
    tries_if_not_idempotent: int,
) -> None:
    patient, careful = Player(failure), Player(failure)

    with patient.sender() as sender, pytest.raises(error):
        sender.send("GET", "/api/principal", idempotent=True)
    with careful.sender() as sender, pytest.raises(error):
        sender.send("POST", "/api/principal", idempotent=False, body={})

    assert (len(patient.requests), len(careful.requests)) == (tries, tries_if_not_idempotent)
    assert len(patient.pauses) == tries - 1


def test_the_second_try_may_be_good() -> None:
    player = Player(BROKEN, data(1))

    with player.sender() as sender:
        answer = sender.send("GET", "/api/principal", idempotent=True)

    assert answer.body == {"data": 1}


def test_it_waits_as_long_as_the_server_asks() -> None:
    limited = problem(429)
    limited.headers["retry-after"] = "2"
    player = Player(limited, data(1))

    with player.sender() as sender:
        sender.send("POST", "/jmap", idempotent=False)

    assert player.pauses == [2.0]


def test_a_wait_that_is_too_long_is_left_to_the_caller() -> None:
    limited = problem(429)
    limited.headers["retry-after"] = "37"
    player = Player(limited)

    with player.sender() as sender, pytest.raises(Busy) as caught:
        sender.send("GET", "/jmap/session", idempotent=True)

    assert caught.value.retry_after == 37.0
    assert player.pauses == []


def test_nobody_is_asked_to_wait_for_ever() -> None:
    limited = problem(429)
    limited.headers["retry-after"] = "9" * 400

    with Player(limited).sender() as sender, pytest.raises(Busy) as caught:
        sender.send("GET", "/jmap/session", idempotent=True)

    assert caught.value.retry_after == 86_400.0


def test_a_call_that_waits_for_its_next_try_holds_no_connection() -> None:
    player = Player(*[CROWDED] * (MAX_IN_FLIGHT + 1), data(1))
    under_way: list[object] = []

    def call_another(_: float) -> None:
        if len(under_way) <= MAX_IN_FLIGHT:
            under_way.append(sender.send("GET", "/api/principal", idempotent=True))

    sender = Sender(
        "http://mail.test", ADMIN, transport=player.transport(), timeouts=Timeouts(read=0.2), sleep=call_another
    )
    with closing(sender):
        sender.send("GET", "/api/principal", idempotent=True)

    assert len(under_way) == MAX_IN_FLIGHT + 1


def test_a_wait_that_the_server_does_not_tell_ends_with_its_minute() -> None:
    limited = problem(429)
    limited.headers["date"] = "Sat, 21 Nov 2026 10:31:57 GMT"
    player = Player(limited, data(1))

    with player.sender() as sender:
        sender.send("GET", "/api/principal", idempotent=True)

    assert player.pauses == [3.0]


def test_a_budget_is_kept_and_comes_back_with_the_next_minute() -> None:
    moment = 600.0
    player = Player(data(1))

    with player.sender(Credentials(token="t0ken")) as sender:
        sender.budget = Budget(10, clock=lambda: moment)
        for _ in range(9):
            sender.send("GET", "/api/principal", idempotent=True)
        moment = 630.0
        with pytest.raises(Busy) as caught:
            sender.send("GET", "/api/principal", idempotent=True)
        moment = 660.0
        sender.send("GET", "/api/principal", idempotent=True)

    assert caught.value.retry_after == 30.0
    assert len(player.requests) == 10


@pytest.mark.parametrize(
    ("credentials", "has_budget"),
    [
        (Credentials(token="an OAuth token"), True),
        (Credentials(token="api_cGFuZWw6czNjcmV0"), False),
        (Credentials(user="admin", secret="s3cret"), False),
    ],
)
def test_a_bearer_token_has_a_budget_on_0_15_alone(credentials: Credentials, *, has_budget: bool) -> None:
    with Player(data(1)).sender(credentials) as sender:
        RestDriver(sender)
        on_rest = sender.budget
        JmapDriver(sender)

        assert (on_rest is not None, sender.budget) == (has_budget, None)


def test_pauses_double_and_stay_within_patience() -> None:
    player = Player(CROWDED)

    with player.sender() as sender, pytest.raises(Busy):
        sender.send("GET", "/api/principal", idempotent=True)

    assert player.pauses == [0.1, 0.2, 0.4, 0.8, 1.6]
    assert sum(player.pauses) <= PATIENCE


def test_who_waits_little_for_an_answer_waits_little_between_tries() -> None:
    player = Player(CROWDED)

    with player.sender(timeouts=Timeouts(read=1.0)) as sender, pytest.raises(Busy):
        sender.send("GET", "/api/principal", idempotent=True)

    assert player.pauses == [0.1, 0.2, 0.4]


def test_the_attempt_that_gets_us_banned_is_about_credentials() -> None:
    player = Player(problem(429, title="Too Many Authentication Attempts"))

    with player.sender() as sender, pytest.raises(WrongCredentials):
        sender.send("GET", "/api/principal", idempotent=True)

    assert len(player.requests) == 1


@pytest.mark.parametrize(
    ("credentials", "header"),
    [
        (Credentials(user="admin", secret="pässword"), "Basic " + base64.b64encode("admin:pässword".encode()).decode()),
        (Credentials(token="API_AAAADAAAAAHw"), "Bearer API_AAAADAAAAAHw"),
        # On 0.15 every Bearer request counts against 100 a minute, and Basic does not.
        (Credentials(token="api_cGFuZWw6czNjcmV0"), "Basic cGFuZWw6czNjcmV0"),
        (Credentials(token="api_not base64"), "Bearer api_not base64"),
        (Credentials(token="api_cGFuZWw="), "Bearer api_cGFuZWw="),
    ],
)
def test_how_we_sign_in(credentials: Credentials, header: str) -> None:
    player = Player(data(None))

    with player.sender(credentials) as sender:
        sender.send("GET", "/api/principal", idempotent=True)

    assert player.requests[0].headers["authorization"] == header


def test_an_anonymous_request_carries_no_credentials() -> None:
    player = Player(data(None))

    with player.sender() as sender:
        sender.send("GET", "/api/principal", idempotent=True, anonymous=True)

    assert "authorization" not in player.requests[0].headers


def test_the_server_s_clock_comes_with_the_answer() -> None:
    answer = data(None)
    answer.headers["date"] = "Sat, 21 Nov 2026 10:31:53 GMT"

    with Player(answer).sender() as sender:
        clock = sender.send("GET", "/api/principal", idempotent=True).clock

    assert clock == datetime(2026, 11, 21, 10, 31, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "clock"),
    [
        ("once upon a time", None),
        (f"Sat, 21 Nov 2026 10:31:53 +{'9' * 30}", None),
        ("Sat, 21 Nov 2026 10:31:53", datetime(2026, 11, 21, 10, 31, 53, tzinfo=UTC)),
        ("Sat, 21 Nov 2026 10:31:53 -0000", datetime(2026, 11, 21, 10, 31, 53, tzinfo=UTC)),
    ],
)
def test_a_clock_is_in_utc_or_none(date: str, clock: datetime | None) -> None:
    answer = data(None)
    answer.headers["date"] = date

    with Player(answer).sender() as sender:
        assert sender.send("GET", "/api/principal", idempotent=True).clock == clock


@pytest.mark.parametrize(
    ("recording", "name", "error"),
    [
        ("rest-0.15.5", "principal wrong password", WrongCredentials),
        ("rest-0.15.5", "api key may not list the queue", NotPermitted),
        ("rest-0.15.5", "create broken json", Invalid),
        ("rest-0.15.5", "unknown api path", NotFound),
        ("jmap-0.16.18", "session wrong password", WrongCredentials),
        ("jmap-0.16.18", "suspended holder session", NotPermitted),
        ("jmap-0.16.18", "jmap broken json", Unexpected),
        ("jmap-0.16.18", "jmap too many calls", Unexpected),
        ("jmap-0.16.18", "principal as admin", NotFound),
    ],
)
def test_recorded_error_pages_have_a_name(recording: str, name: str, error: type[StalwartError]) -> None:
    with Player(recorded(recording, name)).sender() as sender, pytest.raises(error):
        sender.send("POST", "/", idempotent=False)


def test_a_certificate_that_is_not_valid_is_told_apart() -> None:
    failure = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate")

    with Player(failure).sender() as sender, pytest.raises(Unreachable, match="certificate"):
        sender.send("GET", "/", idempotent=True)


def test_a_client_that_was_closed_opens_again() -> None:
    with Player(data(1)).sender() as sender:
        sender.send("GET", "/", idempotent=True)
        sender.close()

        assert sender.send("GET", "/", idempotent=True).body == {"data": 1}
