"""The only sender: connections, waiting, trying again, and one name for each thing that goes wrong."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

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
from stalwart_client._types import Credentials

MAX_IN_FLIGHT = 4
"""More requests at once than this are refused for one account, on both generations."""
PATIENCE = 5.0
"""How many seconds one call may spend waiting between its tries."""


class RateLimited(Busy):
    """429: nobody who signs in as we do gets through for a while, so a batch had better stop."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds, for a connection and for each part of an answer."""

    connect: float = 3.0
    read: float = 15.0


DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object that the server sent with a good status."""

    body: dict[str, Any] = field(repr=False)
    clock: datetime | None


@dataclass(frozen=True, slots=True)
class _Again:
    """How often one kind of failure is tried again, and whether also what must not happen twice."""

    times: int = 0
    wait: float = 0.0
    always: bool = False


_NEVER = _Again()
_NOT_SENT = _Again(times=2, wait=0.2, always=True)
_CROWDED = _Again(times=5, wait=0.1, always=True)
_LIMITED = _Again(times=2, wait=0.5, always=True)
_LOST = _Again(times=2, wait=0.2)
_CONFLICT = _Again(times=1, wait=0.1)


@dataclass(frozen=True, slots=True)
class _Failure:
    error: StalwartError
    again: _Again = _NEVER

    def pause(self, tried: int, *, idempotent: bool) -> float | None:
        """Return how long to wait before the next try, None where there is none."""
        if tried >= self.again.times or not (idempotent or self.again.always):
            return None
        if isinstance(self.error, Busy) and self.error.retry_after is not None:
            return self.error.retry_after
        return self.again.wait * 2.0**tried


class Sender:
    """Sends requests to one server; everything else in this library goes through `send`.

    What is tried again, at most so many times, with pauses that double (or are what the server asks for)
    and never add up to more than PATIENCE:

    | what happened                                    | calls that are idempotent | other calls |
    |--------------------------------------------------|---------------------------|-------------|
    | no connection: nothing was sent                  | 2                         | 2           |
    | 429: nothing was done                            | 2                         | 2           |
    | 400 maxConcurrentRequests: nothing was done      | 5                         | 5           |
    | the connection broke, 502, 503, 504: who knows   | 2                         | never       |
    | 500 (0.15: a write conflict)                     | 1                         | never       |
    | a time-out: the wait has been long enough        | never                     | never       |
    | 401 (each one counts towards a ban), the rest    | never                     | never       |

    The driver says which calls are idempotent; over JMAP everything is a POST.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        transport: httpx.BaseTransport | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._authorization = _authorization(credentials)
        self._transport = transport
        self._timeouts = timeouts
        self._sleep = sleep
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def send(
        self,
        method: str,
        path: str,
        *,
        idempotent: bool,
        params: Mapping[str, str] | None = None,
        body: object = None,
        anonymous: bool = False,
    ) -> Answer:
        """Send one request, again where the policy allows it, and return what the server answered.

        :raises StalwartError: and nothing else
        """
        headers = {} if anonymous else dict(self._authorization)
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = encoded(body)
        tried, waited = 0, 0.0
        while True:
            result = self._once(method, path, params=params, headers=headers, content=content)
            if isinstance(result, Answer):
                return result
            pause = result.pause(tried, idempotent=idempotent)
            if pause is None or waited + pause > PATIENCE:
                raise result.error
            self._sleep(pause)
            tried, waited = tried + 1, waited + pause

    def close(self) -> None:
        """Give the connections back; a later call opens new ones."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, bytes | str],
        content: bytes | None,
    ) -> Answer | _Failure:
        try:
            response = self._open().request(method, path, params=params, headers=_raw(headers), content=content)
        except httpx.ConnectError as error:
            return _Failure(_not_reached(error), _NOT_SENT)
        except httpx.TimeoutException:
            return _Failure(Unreachable("The mail server did not answer in time."))
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            return _Failure(Unreachable("The connection broke before the answer was there."), _LOST)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return _Failure(Unexpected("The mail server's address is not a plain http or https address."))
        except (httpx.HTTPError, httpx.StreamError):
            return _Failure(Unexpected("The request could not be made or its answer not be read."))
        return _judge(response)

    def _open(self) -> httpx.Client:
        with self._opening:
            if self._client is None:
                self._client = self._connections()
            return self._client

    def _connections(self) -> httpx.Client:
        url, read = httpx.URL(self._base_url), self._timeouts.read
        if url.userinfo:
            # A password in there would go into every log line, and replace our credentials.
            raise httpx.InvalidURL("userinfo")
        return httpx.Client(
            base_url=url,
            transport=self._transport,
            timeout=httpx.Timeout(connect=self._timeouts.connect, read=read, write=read, pool=read),
            limits=httpx.Limits(max_connections=MAX_IN_FLIGHT, max_keepalive_connections=MAX_IN_FLIGHT),
            follow_redirects=False,
            # A proxy or .netrc that somebody set for another program would see, or replace, our credentials.
            trust_env=False,
        )


def encoded(body: object) -> bytes:
    """Return JSON in ASCII, which also carries text that is not valid Unicode as far as the server."""
    return json.dumps(body, separators=(",", ":")).encode("ascii")


@contextmanager
def fitting(what: str) -> Iterator[None]:
    """Read parts of an answer in here: a shape that does not fit is Unexpected, and is not quoted."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise Unexpected(f"The server's answer does not have the shape of {what}.") from None


def _not_reached(error: httpx.ConnectError) -> Unreachable:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Unreachable("The mail server shows a certificate that is not valid for its address.")
    return Unreachable("The mail server cannot be reached.")


def _authorization(credentials: Credentials) -> dict[str, bytes | str]:
    pair = f"{credentials.user}:{credentials.secret}".encode() if credentials.user else b""
    if credentials.token:
        pair = _api_key(credentials.token)
        if not pair:
            return {"Authorization": f"Bearer {credentials.token}".encode()}
    return {"Authorization": b"Basic " + base64.b64encode(pair)} if pair else {}


def _api_key(token: str) -> bytes:
    """Return `name:secret` of an API key of 0.15, where Bearer requests have a budget and Basic has none."""
    if not token.startswith("api_"):
        return b""
    try:
        pair = base64.b64decode(token.removeprefix("api_"), validate=True)
    except ValueError:
        return b""
    return pair if b":" in pair else b""


def _raw(headers: Mapping[str, bytes | str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode() if isinstance(value, str) else value) for name, value in headers.items()]


def _judge(response: httpx.Response) -> Answer | _Failure:
    status = response.status_code
    body = _json_object(response)
    if response.is_success and body is not None:
        return Answer(body, _clock(response))
    if status in {502, 503, 504}:
        return _Failure(Unreachable(f"The mail server is not available just now ({status})."), _LOST)
    if status == 500:
        return _Failure(Busy("The mail server could not carry this out just now (500)."), _CONFLICT)
    if status == 429:
        return _too_many(response, body or {})
    if body is None or not response.headers.get("content-type", "").startswith("application/problem+json"):
        return _Failure(Unexpected(f"The answer ({status}) is not one that Stalwart gives."))
    return _problem(status, body)


def _too_many(response: httpx.Response, body: dict[str, Any]) -> _Failure:
    if body.get("title") == "Too Many Authentication Attempts":
        return _Failure(WrongCredentials("Our credentials failed so often that our address is banned."))
    retry_after = _seconds(response.headers.get("retry-after", ""))
    return _Failure(RateLimited("The mail server limits our requests.", retry_after=retry_after), _LIMITED)


def _problem(status: int, body: dict[str, Any]) -> _Failure:
    """Name an error page of Stalwart; its `detail` may quote our request, so it goes nowhere."""
    if status == 400:
        return _bad_request(body)
    if status == 401:
        return _Failure(WrongCredentials("The mail server does not accept our credentials."))
    if status == 402:
        return _Failure(WrongCredentials("The mail server asks our account for a second factor."))
    if status == 403:
        return _Failure(NotPermitted("Our credentials were accepted, but they do not allow this."))
    if status == 404:
        return _Failure(NotFound("The mail server does not know what was asked for."))
    return _Failure(Unexpected(f"The mail server answered {status}, which it should not."))


def _bad_request(body: dict[str, Any]) -> _Failure:
    if body.get("limit") == "maxConcurrentRequests":
        return _Failure(Busy("The mail server has too many of our requests at once."), _CROWDED)
    if str(body.get("type", "")).startswith("urn:ietf:params:jmap:error:"):
        return _Failure(Unexpected("The mail server does not understand our request."))
    return _Failure(Invalid("The mail server rejects a value that was sent."))


def _json_object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() else None


def _clock(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError):
        return None
