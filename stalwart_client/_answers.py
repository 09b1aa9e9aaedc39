"""What came back: an answer that can be read, or a failure with its name and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from stalwart_client._errors import (
    Busy,
    Invalid,
    NotFound,
    NotPermitted,
    StalwartError,
    Unexpected,
    Unreachable,
    WrongCredentials,
)


class RateLimited(Busy):
    """429: nobody who signs in as we do gets through for a while, so a batch had better stop."""


A_DAY = 86_400.0
"""As long as we believe a server that asks us to wait."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object that the server sent with a good status."""

    body: dict[str, Any] = field(repr=False)
    date: str = ""
    """The header of this name, which hardly anybody reads."""

    @property
    def clock(self) -> datetime | None:
        """What time it was for the server, None where it did not say."""
        return _clock(self.date)


@dataclass(frozen=True, slots=True)
class Again:
    """How often one kind of failure is tried again, and whether also what must not happen twice."""

    times: int = 0
    wait: float = 0.0
    always: bool = False


NEVER = Again()
NOT_SENT = Again(times=2, wait=0.2, always=True)
CROWDED = Again(times=5, wait=0.1, always=True)
LIMITED = Again(times=2, wait=0.5, always=True)
LOST = Again(times=2, wait=0.2)
CONFLICT = Again(times=1, wait=0.1)


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, and how often its request is sent again."""

    error: StalwartError
    again: Again = NEVER

    def pause(self, tried: int, *, idempotent: bool) -> float | None:
        """Return how long to wait before the next try, None where there is none."""
        if tried >= self.again.times or not (idempotent or self.again.always):
            return None
        if isinstance(self.error, Busy) and self.error.retry_after is not None:
            return self.error.retry_after
        return self.again.wait * 2.0**tried


_MISFITS = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)


class fitting:  # noqa: N801 - read as a word: `with fitting("a mailbox"):`
    """Read parts of an answer in here: a shape that does not fit is Unexpected, and is not quoted.

    A class and no generator: a listing enters it for every mailbox.
    """

    __slots__ = ("_what",)

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None and isinstance(error, _MISFITS):
            raise Unexpected(f"The server's answer does not have the shape of {self._what}.") from None


def not_reached(error: httpx.ConnectError) -> Unreachable:
    """Say why there is no connection."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unreachable("The mail server shows a certificate that is not valid for its address.")
    return Unreachable("The mail server cannot be reached.")


def judge(response: httpx.Response) -> Answer | Failure:
    """Read an answer, or name what went wrong."""
    judged = _judge(response)
    if isinstance(judged, Failure):
        judged.error.said = _status_line(response)
    return judged


def _judge(response: httpx.Response) -> Answer | Failure:
    status = response.status_code
    body = _json_object(response)
    if response.is_success and body is not None:
        return Answer(body, response.headers.get("date", ""))
    if status in {502, 503, 504}:
        return Failure(Unreachable(f"The mail server is not available just now ({status})."), LOST)
    if status == 500:
        return Failure(Busy("The mail server could not carry this out just now (500)."), CONFLICT)
    if status == 429:
        return _too_many(response, body or {})
    if body is None or not response.headers.get("content-type", "").startswith("application/problem+json"):
        return Failure(Unexpected(f"The answer ({status}) is not one that Stalwart gives."))
    return _problem(status, body)


def _too_many(response: httpx.Response, body: dict[str, Any]) -> Failure:
    if body.get("title") == "Too Many Authentication Attempts":
        return Failure(WrongCredentials("Our credentials failed so often that our address is banned."))
    retry_after = _seconds(response.headers.get("retry-after", "")) or _until_next_minute(
        _clock(response.headers.get("date", ""))
    )
    return Failure(RateLimited("The mail server limits our requests.", retry_after=retry_after), LIMITED)


def _problem(status: int, body: dict[str, Any]) -> Failure:
    """Name an error page of Stalwart; its `detail` may quote our request, so it goes nowhere."""
    if status == 400:
        return _bad_request(body)
    if status == 401:
        return Failure(WrongCredentials("The mail server does not accept our credentials."))
    if status == 402:
        return Failure(WrongCredentials("The mail server asks our account for a second factor."))
    if status == 403:
        return Failure(NotPermitted("Our credentials were accepted, but they do not allow this."))
    if status == 404:
        return Failure(NotFound("The mail server does not know what was asked for."))
    return Failure(Unexpected(f"The mail server answered {status}, which it should not."))


def _bad_request(body: dict[str, Any]) -> Failure:
    if body.get("limit") == "maxConcurrentRequests":
        return Failure(Busy("The mail server has too many of our requests at once."), CROWDED)
    if str(body.get("type", "")).startswith("urn:ietf:params:jmap:error:"):
        return Failure(Unexpected("The mail server does not understand our request."))
    return Failure(Invalid("The mail server rejects a value that was sent."))


def _status_line(response: httpx.Response) -> str:
    """Return the status in the words of its standard: those that came with it are anybody's."""
    phrase = httpx.codes.get_reason_phrase(response.status_code)
    return f"{response.status_code} {phrase}".strip()


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None


def _seconds(text: str) -> float | None:
    return min(float(text), A_DAY) if text.isdecimal() else None


def _clock(date: str) -> datetime | None:
    try:
        clock = parsedate_to_datetime(date)
    except (OverflowError, ValueError):
        return None
    # The header is in UTC, whether it says so or not.
    return clock if clock.tzinfo else clock.replace(tzinfo=UTC)


def _until_next_minute(clock: datetime | None) -> float | None:
    """Return how long a limit lasts that 0.15 does not tell: it counts by full minutes of its clock (rest.md 7.1)."""
    return None if clock is None else 60.0 - clock.second
