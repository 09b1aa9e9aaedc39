"""The only sender: what a request looks like, waiting, budgets and trying again."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpx

from stalwart_client._ahead import Ask, Page
from stalwart_client._answers import LIMITED, LOST, NOT_SENT, Answer, Failure, RateLimited, judge, not_reached
from stalwart_client._connections import MAX_IN_FLIGHT, Connections
from stalwart_client._errors import Invalid, StalwartError, Unexpected, Unreachable
from stalwart_client._server_types import Credentials

__all__ = ["DEFAULT_TIMEOUTS", "MAX_IN_FLIGHT", "Budget", "Sender", "Timeouts", "encoded"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, for each part of an answer, and between the tries of one call."""

    connect: float = 3.0
    read: float = 15.0
    patience: float = 5.0

    def by_phase(self) -> dict[str, float]:
        """Return them as httpx's transports want them."""
        return {"connect": self.connect, "read": self.read, "write": self.read, "pool": self.read}


DEFAULT_TIMEOUTS = Timeouts()

_JSON = json.JSONEncoder(separators=(",", ":"))
_HEADERS = [
    (b"Accept", b"*/*"),
    (b"Accept-Encoding", b"gzip, deflate"),
    (b"Connection", b"keep-alive"),
    (b"User-Agent", b"stalwart_client"),
]
_JSON_TYPE = [(b"Content-Type", b"application/json")]
_NO_ADDRESS = "The mail server's address is not a plain http or https address."


class Budget:
    """Counts requests in the full minutes of the clock, as 0.15 does, and says when there are no more.

    It knows of this process only, so it leaves a tenth to others.
    """

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.time) -> None:
        self._most = a_minute * 9 // 10
        self._clock = clock
        self._minute, self._spent = 0, 0
        self._lock = threading.Lock()

    def spend(self) -> float | None:
        """Take note of a request; return how many seconds it would have to wait, None if it may go."""
        now = self._clock()
        with self._lock:
            if self._minute != now // 60:
                self._minute, self._spent = int(now // 60), 0
            self._spent += 1
            return None if self._spent <= self._most else 60.0 - now % 60


class Sender:
    """Sends requests to one server; everything else in this library goes through `send`.

    What is tried again, at most so many times, with pauses that double (or are what the server asks for, or last
    to the end of its minute) and never add up to more than `patience`:

    | what happened                                    | calls that are idempotent | other calls |
    |--------------------------------------------------|---------------------------|-------------|
    | no connection: nothing was sent                  | 2                         | 2           |
    | 429: nothing was done                            | 2                         | 2           |
    | 400 maxConcurrentRequests: nothing was done      | 5                         | 5           |
    | the connection broke, 502, 503, 504: who knows   | 2                         | never       |
    | 500 (0.15: a write conflict)                     | 1                         | never       |
    | a time-out: the wait has been long enough        | never                     | never       |
    | 401 (each one counts towards a ban), the rest    | never                     | never       |

    The driver says which calls are idempotent; over JMAP everything is a POST. It also sets a budget where one
    has to be kept: a request above it is not sent, and fails as if the server had answered 429.
    """

    budget: Budget | None = None

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
        authorization = _authorization(credentials)
        self.is_bearer = authorization.startswith(b"Bearer ")
        """Whether we sign in with a bearer token, which has a budget of its own on 0.15."""
        self._signed_in = [(b"Authorization", authorization)] if authorization else []
        self._connections = Connections(transport, wait=timeouts.read)
        self._patience = timeouts.patience
        self._extensions = {"timeout": timeouts.by_phase()}
        self._sleep = sleep
        # All calls of 0.16 go to one address, and nothing of a request takes longer than parsing it.
        self._url = lru_cache(maxsize=64)(_url)

    def send(
        self,
        method: str,
        path: str,
        *,
        idempotent: bool,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content: bytes | None = None,
        anonymous: bool = False,
    ) -> Answer:
        """Send one request, again where the policy allows it, and return what the server answered.

        What is sent is `body` as JSON, or `content` which is JSON already.

        :raises StalwartError: and nothing else
        """
        if body is not None:
            content = encoded(body)
        request = self._request(method, path, params, content, anonymous=anonymous)
        self._connections.notice(request)
        tried, waited = 0, 0.0
        with self._connections.lent() as transport:
            while True:
                result = self._once(transport, request)
                if isinstance(result, Answer):
                    return result
                pause = result.pause(tried, idempotent=idempotent)
                if pause is None or waited + pause > self._patience:
                    raise result.error
                self._sleep(pause)
                tried, waited = tried + 1, waited + pause

    def ahead(self, asks: Iterator[Ask[Page]], *, in_flight: int) -> Generator[Page, None, None]:
        """Yield pages that are asked for by `send`, and fetch the next ones meanwhile."""
        return self._connections.ahead(asks, in_flight)

    def close(self) -> None:
        """Give the connections back; those of calls under way go when these are done. A later call opens new ones."""
        self._connections.close()

    def _request(
        self, method: str, path: str, params: Mapping[str, str] | None, content: bytes | None, *, anonymous: bool
    ) -> httpx.Request:
        """Put a request together; httpx's own way parses the address three times, and that for every mailbox."""
        try:
            url = self._url(self._base_url + path)
            return httpx.Request(
                method,
                url.copy_merge_params(params) if params else url,
                headers=_HEADERS + (_JSON_TYPE if content is not None else []) + ([] if anonymous else self._signed_in),
                content=content,
                extensions=self._extensions,
            )
        except httpx.InvalidURL:
            error: StalwartError = Unexpected(_NO_ADDRESS)
        except UnicodeError:
            error = Invalid("The text holds characters that do not exist.")
        raise error

    def _once(self, transport: httpx.BaseTransport, request: httpx.Request) -> Answer | Failure:
        wait = self.budget.spend() if self.budget else None
        if wait is not None:
            return Failure(RateLimited("The budget of our requests is used up for now.", retry_after=wait), LIMITED)
        try:
            response = transport.handle_request(request)
            try:
                response.read()
            finally:
                response.close()
        except httpx.ConnectError as error:
            return Failure(not_reached(error), NOT_SENT)
        except httpx.TimeoutException:
            return Failure(Unreachable("The mail server did not answer in time."))
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            return Failure(Unreachable("The connection broke before the answer was there."), LOST)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            return Failure(Unexpected(_NO_ADDRESS))
        except (httpx.HTTPError, httpx.StreamError):
            return Failure(Unexpected("The request could not be made or its answer not be read."))
        return judge(response)


def _url(address: str) -> httpx.URL:
    """Parse an address.

    :raises httpx.InvalidURL: if it is none, or holds a password: that would go into messages and logs
    """
    url = httpx.URL(address)
    if url.userinfo:
        raise httpx.InvalidURL("userinfo")
    return url


def encoded(body: object) -> bytes:
    """Return JSON in ASCII, which also carries text that is not valid Unicode as far as the server."""
    return _JSON.encode(body).encode("ascii")


def _authorization(credentials: Credentials) -> bytes:
    pair = f"{credentials.user}:{credentials.secret}".encode(errors="surrogatepass") if credentials.user else b""
    if credentials.token:
        pair = _api_key(credentials.token)
        if not pair:
            return b"Bearer " + credentials.token.encode(errors="surrogatepass")
    return b"Basic " + base64.b64encode(pair) if pair else b""


def _api_key(token: str) -> bytes:
    """Return `name:secret` of an API key of 0.15, where Bearer requests have a budget and Basic has none."""
    if not token.startswith("api_"):
        return b""
    try:
        pair = base64.b64decode(token.removeprefix("api_"), validate=True)
    except ValueError:
        return b""
    return pair if b":" in pair else b""
